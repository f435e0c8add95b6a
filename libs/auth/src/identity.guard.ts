import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { contextOf, withoutIdentityReason } from '@plinth/http';
import type { FastifyRequest } from 'fastify';
import { InternalIdentityVerifier } from './internal-identity.js';

/**
 * Lets a request into a service only with a valid internal identity, and puts into its context who
 * calls and from where. Only a route that declares `WithoutIdentity` (a probe) is passed over.
 */
@Injectable()
export class IdentityGuard implements CanActivate {
  constructor(private readonly verifier: InternalIdentityVerifier) {}

  /** @throws Problem `identity_invalid` (401) */
  async canActivate(execution: ExecutionContext): Promise<boolean> {
    if (execution.getType() !== 'http') return true;
    if (withoutIdentityReason(execution) !== undefined) return true;
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    const context = contextOf(request);
    const call = await this.verifier.verify({ method: request.method, path: request.raw.url ?? '/', headers: request.headers });
    context.principal = call.principal;
    context.clientIp = call.clientIp;
    context.userAgent = call.userAgent;
    return true;
  }
}
