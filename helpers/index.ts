/**
 * What applications and middleware need again and again, over the declarations alone: it runs on every server. Nothing in it
 * is needed to speak MSGI.
 * @module
 */
export { field, fieldValues, withFields, withoutFields } from './fields.ts';
export { type FilesOptions, files } from './files/files.ts';
export { ForwardExchange } from './forward-exchange.ts';
export { ForwardSink } from './forward-sink.ts';
export { ForwardSource } from './forward-source.ts';
export { hint, type Link } from './hint.ts';
export { mount } from './mount.ts';
