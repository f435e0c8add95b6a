import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { capabilitiesOf, isPlatformCapability, type Capability } from '@plinth/contracts';
import { contextOf, withoutIdentityReason, type Principal } from '@plinth/http';
import type { FastifyRequest } from 'fastify';
import { ACCESS_METADATA, type AccessRule } from './access.decorators.js';
import { authErrors } from './auth.errors.js';

/** An API key with this scope has all that its roles grant. */
const ALL_SCOPES = '*';

/** Decides over every route by its declaration; a route without one is closed. Runs after `IdentityGuard`. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  /** @throws Problem: 401 without a principal, 403 without tenant or capability, or what the route's condition says */
  canActivate(execution: ExecutionContext): boolean {
    if (execution.getType() !== 'http') return true;
    if (withoutIdentityReason(execution) !== undefined) return true;
    const rule = this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS_METADATA, [execution.getHandler(), execution.getClass()]);
    if (rule === undefined) throw authErrors.accessDenied();
    if (rule.kind === 'public') return true;
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    const context = contextOf(request);
    if (context.principal.type === 'anonymous') throw authErrors.authenticationRequired();
    const isService = context.principal.type === 'service';
    if (isService !== (rule.kind === 'services')) throw authErrors.accessDenied();
    if (rule.kind !== 'capability') return true;
    requireCapability(context.principal, rule.capability);
    const refusal = rule.condition?.check(context, request.params as Record<string, string>) ?? null;
    if (refusal !== null) throw refusal;
    return true;
  }
}

function requireCapability(principal: Principal, capability: Capability): void {
  // A role's name decides nothing by itself: the platform's capabilities are operators' alone.
  if (isPlatformCapability(capability) !== (principal.type === 'operator')) throw authErrors.accessDenied();
  if (principal.type !== 'operator' && principal.tenantId === null) throw authErrors.tenantRequired();
  if (!holdsCapability(principal, capability)) throw authErrors.accessDenied();
}

/** Whether the principal's roles grant the capability and its scopes, where it has any, do not take it away. */
export function holdsCapability(principal: Principal, capability: Capability): boolean {
  const { scopes } = principal;
  if (scopes !== undefined && !scopes.includes(ALL_SCOPES) && !scopes.includes(capability)) return false;
  return capabilitiesOf(principal.roles).has(capability);
}
