import type { FastifyRequest } from 'fastify';

const bodies = new WeakMap<object, Buffer>();

export function keepBodyBytes(request: FastifyRequest, body: Buffer): void {
  bodies.set(request.raw, body);
}

/** The request's JSON body, byte for byte. @throws Error in an app that was not created with `keepBodyBytes` */
export function bodyBytesOf(request: FastifyRequest): Buffer {
  const body = bodies.get(request.raw);
  if (body === undefined) throw new Error('the bytes of the body were not kept');
  return body;
}
