import { applyDecorators, Injectable, SetMetadata, UseGuards, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { contextOf, httpErrors, saysOfRoute } from '@plinth/http';
import type { FastifyRequest } from 'fastify';
import { flagContextOf, Flags } from './flags.js';

/** Under this key a handler or its class says which flag has to be on. */
const FEATURE_FLAG_METADATA = 'plinth:feature-flag';

interface RequiredFlag {
  readonly key: string;
  readonly fallback: boolean;
}

/** Answers what `FeatureFlag` says. Runs after the guards of libs/auth, which are the application's: who may not call learns nothing of flags. */
@Injectable()
export class FeatureFlagGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly flags: Flags,
  ) {}

  /** @throws Problem `route_not_found` where a flag is off for the caller: answered by 404, or by 405 where the path has other methods */
  async canActivate(execution: ExecutionContext): Promise<boolean> {
    if (execution.getType() !== 'http') return true;
    const context = flagContextOf(contextOf(execution.switchToHttp().getRequest<FastifyRequest>()));
    const required = [execution.getClass(), execution.getHandler()].map((holder) => this.reflector.get<RequiredFlag | undefined>(FEATURE_FLAG_METADATA, holder));
    for (const flag of required) {
      if (flag !== undefined && !(await this.flags.isOn(flag.key, context, flag.fallback))) throw httpErrors.routeNotFound();
    }
    return true;
  }
}

/**
 * The route, or all routes of the class, are there while the boolean flag is on for the caller; else they are answered as a path
 * that is no route. It hides what is not released; who may call is `@Access`'s to say, and needed besides.
 *
 * @param options.fallback whether they are there while nobody can tell; true for what is released and can be switched off
 */
export function FeatureFlag(key: string, { fallback = false }: { readonly fallback?: boolean } = {}) {
  return applyDecorators(SetMetadata(FEATURE_FLAG_METADATA, { key, fallback } satisfies RequiredFlag), UseGuards(FeatureFlagGuard), saysOfRoute({ errors: [httpErrors.routeNotFound, httpErrors.methodNotAllowed] }));
}
