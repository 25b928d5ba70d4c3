/** MSGI applications on node:http2: the package's `msgi/node`. */
export { type NodeCredentials, type NodeRunning, type ServeNodeOptions, serveNode } from './serve-node.ts';
export { type NodeHost, type ToNodeOptions, toNode } from './to-node.ts';
