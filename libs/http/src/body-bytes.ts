import type { FastifyRequest } from 'fastify';

const bodies = new WeakMap<object, Buffer>();

/** Notes the bytes that `bodyBytesOf` gives back. They are not copied, and go with the request. */
export function keepBodyBytes(request: FastifyRequest, body: Buffer): void {
  bodies.set(request.raw, body);
}

/** The request's JSON body, byte for byte. @throws Error in an app that was not created with `keepBodyBytes` */
export function bodyBytesOf(request: FastifyRequest): Buffer {
  const body = bodies.get(request.raw);
  if (body === undefined) throw new Error('the bytes of the body were not kept');
  return body;
}
