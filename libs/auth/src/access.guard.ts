import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { grantsOf, isOpenToOperators, isPlatformCapability, madeGrantOf, type Capability, type CredentialKind, type Grant, type ResourceCondition } from '@plinth/contracts';
import { contextOf, withoutIdentityReason, type OperatorAccess, type Principal } from '@plinth/http';
import type { FastifyRequest } from 'fastify';
import { ACCESS_METADATA, type AccessRule } from './access.decorators.js';
import { AccessGrant } from './access-grant.js';
import { authErrors } from './auth.errors.js';

/** An API key with this scope has all that its roles grant. */
const ALL_SCOPES = '*';

/** Decides over every route by its declaration; a route without one is closed. Runs after `IdentityGuard`. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  /** @throws Problem: 401 without a principal, 403 without tenant, capability or credential, or what the route's condition says */
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
    if (rule.kind === 'signed_in' && context.principal.type === 'api_key') throw authErrors.sessionRequired();
    if (rule.kind !== 'capability') {
      // What concerns the operator alone is called as an operator, without a tenant.
      if (context.principal.access !== undefined) throw authErrors.accessDenied();
      return true;
    }
    const asOperator = isPlatforms(context.principal) ? rule.operatorCapability : undefined;
    const grants = requireGrants(context.principal, asOperator ?? rule.capability, Date.now());
    const refusal = rule.condition?.check(context, request.params as Record<string, string>) ?? null;
    if (refusal !== null) throw refusal;
    context.grantAccess(new AccessGrant(grants.map(({ condition }) => conditionsOf(condition, rule.resourceCondition))));
    return true;
  }
}

/** The grants by which the principal has the capability now; at least one. */
function requireGrants(principal: Principal, capability: Capability, nowMs: number): readonly Grant[] {
  // A role's name decides nothing by itself: the platform's capabilities are operators' alone.
  if (isPlatformCapability(capability) !== isPlatforms(principal)) throw authErrors.accessDenied();
  if (principal.type !== 'operator' && principal.tenantId === null) throw authErrors.tenantRequired();
  const grants = grantsHeld(principal, capability);
  if (grants.length === 0) throw authErrors.accessDenied();
  const usable = usableOf(grants, principal, nowMs);
  const [unusable] = grants;
  if (usable.length === 0 && unusable?.credential !== undefined) {
    const expired = standingOf(principal, unusable.credential, nowMs) === 'expired';
    throw expired ? authErrors.credentialExpired(unusable.credential) : authErrors.credentialRequired(unusable.credential);
  }
  return usable;
}

/** Those of the grants for which the principal has the credential, where they ask for one. */
function usableOf(grants: readonly Grant[], principal: Principal, nowMs: number): readonly Grant[] {
  return grants.filter(({ credential }) => credential === undefined || standingOf(principal, credential, nowMs) === 'valid');
}

/** An operator, and not one who looks into a tenant: that one has what it was let do there, and nothing of the platform's. */
function isPlatforms({ type, access }: Principal): boolean {
  return type === 'operator' && access === undefined;
}

/** A licence is a person's: what a key or an operator would bring is not looked at. */
function standingOf({ type, credentials = [] }: Principal, kind: CredentialKind, nowMs: number): 'valid' | 'expired' | 'missing' {
  const held = type === 'user' ? credentials.filter((credential) => credential.kind === kind) : [];
  if (held.some(({ expiresAt }) => Date.parse(expiresAt) > nowMs)) return 'valid';
  return held.length > 0 ? 'expired' : 'missing';
}

function conditionsOf(...conditions: readonly (ResourceCondition | undefined)[]): readonly ResourceCondition[] {
  return [...new Set(conditions.filter((condition) => condition !== undefined))];
}

/**
 * Whether the principal's roles grant the capability, under whatever condition, and its scopes do not take it away. A key
 * has its scopes and nothing else; who is no key has none.
 */
export function holdsCapability(principal: Principal, capability: Capability): boolean {
  return grantsHeld(principal, capability).length > 0;
}

/** As `holdsCapability`, and the credential that the capability asks for is there and counts now: the guard would let the principal in. */
export function canUseCapability(principal: Principal, capability: Capability): boolean {
  return usableOf(grantsHeld(principal, capability), principal, Date.now()).length > 0;
}

/** By what the principal has the capability, as `holdsCapability` decides it: by the catalogue's roles, and by those that the tenant made. Empty where it has not. */
export function grantsHeld({ type, roles, capabilities = [], scopes, access }: Principal, capability: Capability): readonly Grant[] {
  if (access !== undefined) return accessGives(access, capability) ? [{ role: 'operator with access' }] : [];
  const limits = scopes ?? (type === 'api_key' ? [] : [ALL_SCOPES]);
  if (!limits.includes(ALL_SCOPES) && !limits.includes(capability)) return [];
  const made = capabilities.includes(capability) ? madeGrantOf(capability) : undefined;
  return [...grantsOf(capability, roles), ...(made === undefined ? [] : [made])];
}

/** Whether an operator's look into a tenant has it now. Its own end and the catalogue's bound hold whatever a row says. */
function accessGives({ capabilities, expiresAt }: OperatorAccess, capability: Capability): boolean {
  return isOpenToOperators(capability) && capabilities.includes(capability) && Date.parse(expiresAt) > Date.now();
}
