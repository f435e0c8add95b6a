import { createRequire, syncBuiltinESMExports } from 'node:module';

const require = createRequire(import.meta.url);

/** What the audit must not do, and so cannot: each of these throws from now on. */
const doors: Readonly<Record<string, readonly string[]>> = {
  'node:net': ['connect', 'createConnection', 'createServer'],
  'node:tls': ['connect', 'createServer'],
  'node:dgram': ['createSocket'],
  'node:http2': ['connect'],
};

/**
 * Shuts the ways out of this process: an app that called out, or listened, while its module graph is read would be
 * a defect of the app, and the audit says so instead of doing it.
 */
export function shutNetwork(): void {
  const net = require('node:net') as { Socket: { prototype: object }; Server: { prototype: object } };
  refuse(net.Socket.prototype, 'connect', 'node:net');
  refuse(net.Server.prototype, 'listen', 'node:net');
  for (const [module, names] of Object.entries(doors)) {
    const exports = require(module) as object;
    for (const name of names) refuse(exports, name, module);
  }
  syncBuiltinESMExports();
}

function refuse(target: object, name: string, module: string): void {
  const value = (): never => {
    throw new Error(`the audit reads and connects to nothing, and ${module} ${name} was called while a module graph was read`);
  };
  Object.defineProperty(target, name, { value, configurable: true, writable: true });
}
