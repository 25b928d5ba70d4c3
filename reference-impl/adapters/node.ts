/** MSGI applications on node:http2, and handlers of node:http as MSGI applications: the package's `msgi/node`. */
export { fromNode, type NodeHandler } from './from-node.ts';
export { type NodeCredentials, type NodeRunning, type ServeNodeOptions, serveNode } from './serve-node.ts';
export { type NodeHost, type ToNodeOptions, toNode } from './to-node.ts';
