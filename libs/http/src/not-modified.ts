import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasCurrent } from './etag.js';

interface RevalidatedRoute {
  readonly answersNotModified?: true;
}

/** For a question that is asked by POST, as its specification has it: answered by 304 like a read. */
export const answersNotModified: MethodDecorator = RouteConfig({ answersNotModified: true } satisfies RevalidatedRoute);

/** Answers a read whose answer the caller has already by 304, without the body (RFC 9110, section 15.4.5). */
export function answerNotModified(fastify: FastifyInstance): void {
  fastify.addHook('onSend', async (request, reply, payload) => {
    if (!isUnchanged(request, reply)) return payload;
    void reply.code(304).removeHeader('content-type').removeHeader('content-length');
    // Not null: Fastify's own route for HEAD measures the body after this.
    return '';
  });
}

function isUnchanged({ method, headers, routeOptions }: FastifyRequest, reply: FastifyReply): boolean {
  const isQuestion = method === 'GET' || method === 'HEAD' || (routeOptions.config as RevalidatedRoute | undefined)?.answersNotModified === true;
  const etag = reply.getHeader('etag');
  return isQuestion && reply.statusCode === 200 && typeof etag === 'string' && hasCurrent(headers['if-none-match'], etag);
}
