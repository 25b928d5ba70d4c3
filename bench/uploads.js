/** The application of bench/upload-limit.js: the example below "/held", and an upload that nothing holds everywhere else. */
import { mount } from 'msgi/helpers';
import held from '../examples/upload-limit.js';

/** @type {import('msgi').App} */
const count = async x => {
  let octets = 0;
  for await (const chunk of x.body) octets += chunk.length;
  x.respond(200, ['content-type', 'text/plain'], `${octets} octets\n`);
};

export default mount({ '/held': held }, count);
