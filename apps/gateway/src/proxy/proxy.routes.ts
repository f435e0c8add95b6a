import { METHODS } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { noteUsage } from '../usage/note-usage.js';
import { UsageRecorder } from '../usage/usage-recorder.js';
import { ProxyService } from './proxy.service.js';

/**
 * Sends every request that Nest has no route for to the proxy, with its body unread. A Fastify
 * plugin and no controller: Nest's pipes and interceptors have nothing to do for a stream.
 */
export function routeToProxy(app: NestFastifyApplication): void {
  const proxy = app.get(ProxyService);
  const usage = app.get(UsageRecorder, { strict: false });
  const fastify = app.getHttpAdapter().getInstance();
  // Every method that Node parses, so that each is answered 404 or 405 by the route table.
  for (const method of METHODS) {
    if (method !== 'CONNECT' && !fastify.supportedMethods.includes(method)) fastify.addHttpMethod(method, { hasBody: true });
  }
  void fastify.register(async (plugin) => {
    plugin.removeAllContentTypeParsers();
    plugin.addContentTypeParser('*', (_request, _payload, done) => done(null));
    plugin.addHook('onResponse', async (request, reply) => noteUsage(usage, request, reply));
    plugin.all('/*', async (request, reply) => proxy.handle(request, reply));
  });
}
