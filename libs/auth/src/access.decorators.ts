import { applyDecorators, SetMetadata } from '@nestjs/common';
import { isPlatformCapability, type Capability, type PlatformCapability, type ResourceCondition } from '@plinth/contracts';
import { BodyLimit, saysOfRoute, type RequestContext, type RouteFacts } from '@plinth/http';
import type { CataloguedError, Problem } from '@plinth/kernel';
import { authErrors } from './auth.errors.js';

/** Under this key a handler or its class says who may call it; read by the guards and by the compliance audit. */
export const ACCESS_METADATA = 'plinth:access';

/** What a route needs beside its capability, decided by the path and the identity before the handler runs. */
export interface AccessCondition {
  /** Named in the compliance report, e.g. `active tenant`. */
  readonly name: string;
  /** What `check` can answer, for the API document. */
  readonly errors: readonly CataloguedError[];
  /** Null where the call may go on, else what the caller is answered. */
  check(context: RequestContext, params: Readonly<Record<string, string>>): Problem | null;
}

/** The route is the operators' too, by this capability. */
export interface OperatorsToo {
  readonly operators: PlatformCapability;
}

export type AccessRule =
  | {
      readonly kind: 'capability';
      readonly capability: Capability;
      /** What an operator needs in its place, of the platform; absent where operators have nothing to do there. */
      readonly operatorCapability?: PlatformCapability;
      readonly condition?: AccessCondition;
      /** Holds for every caller, beside what the grants say; the service settles it. */
      readonly resourceCondition?: ResourceCondition;
    }
  | { readonly kind: 'public' | 'signed_in' | 'services'; readonly reason: string };

/**
 * The route needs the capability. One of a tenant's takes a principal with an active tenant, one of the
 * platform's an operator. Where the caller's grant, or the route, has a resource condition, the service settles it by
 * `ctx.grant` (ADR 0021). With `operators`, a route of tenants is the operators' too, who need that capability there.
 */
export function Access(capability: Capability, condition?: AccessCondition | ResourceCondition | OperatorsToo) {
  const conditions = conditionOf(condition);
  const rule: AccessRule = { kind: 'capability', capability, ...conditions };
  const ofTenant = isPlatformCapability(capability) ? [] : [authErrors.tenantRequired];
  const ofCondition = conditions.condition?.errors ?? [];
  return declares(rule, {
    security: 'caller',
    errors: [authErrors.authenticationRequired, authErrors.accessDenied, ...ofTenant, ...ofCondition],
    extensions: { 'x-plinth-capability': capability, ...(conditions.operatorCapability === undefined ? {} : { 'x-plinth-operator-capability': conditions.operatorCapability }) },
  });
}

function declares(rule: AccessRule, facts: RouteFacts) {
  return applyDecorators(SetMetadata(ACCESS_METADATA, rule), saysOfRoute(facts));
}

type Conditions = { readonly condition?: AccessCondition; readonly resourceCondition?: ResourceCondition; readonly operatorCapability?: PlatformCapability };

function conditionOf(condition: AccessCondition | ResourceCondition | OperatorsToo | undefined): Conditions {
  if (condition === undefined) return {};
  if (typeof condition === 'string') return { resourceCondition: condition };
  return 'operators' in condition ? { operatorCapability: condition.operators } : { condition };
}

/** What anyone may send: forms of a few fields. */
const publicBodyLimitBytes = 16_384;

/**
 * The route needs no capability, for the reason given; anonymous callers are let in, with bodies of at most 16 KiB where no
 * `BodyLimit` above this says otherwise. It still has to come through the gateway: what is answered to anyone who reaches
 * the port is `WithoutIdentity`.
 */
export function Public(reason: string) {
  return applyDecorators(declares({ kind: 'public', reason }, { security: 'none' }), BodyLimit(publicBodyLimitBytes));
}

/** The route is every signed-in person's (a user, an operator; no key), for the reason given: it concerns nobody but the caller. */
export function SignedIn(reason: string) {
  return declares({ kind: 'signed_in', reason }, { security: 'person', errors: [authErrors.authenticationRequired, authErrors.accessDenied, authErrors.sessionRequired] });
}

/** The route is for other services of the suite, for the reason given; the gateway has no way to it. */
export function ServicesOnly(reason: string) {
  return declares({ kind: 'services', reason }, { security: 'caller', errors: [authErrors.authenticationRequired, authErrors.accessDenied] });
}
