import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Most bytes of a body where its route says nothing else: 1 MiB. */
export const defaultBodyLimitBytes = 1_048_576;

interface LimitedRoute {
  readonly bodyLimitBytes?: number;
}

/** How large a body this route takes, in bytes from 1, as received and unpacked; a larger one is a 413. */
export const BodyLimit = (bytes: number): MethodDecorator => RouteConfig({ bodyLimitBytes: bytes } satisfies LimitedRoute);

/** Must be called before the routes are registered. */
export function limitBodiesByRoute(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    const { bodyLimitBytes } = (route.config ?? {}) as LimitedRoute;
    if (bodyLimitBytes !== undefined) route.bodyLimit = bodyLimitBytes;
  });
}

/** That of the request's route. */
export function bodyLimitOf(request: FastifyRequest): number {
  return request.routeOptions.bodyLimit ?? defaultBodyLimitBytes;
}
