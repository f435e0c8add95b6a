import { SetMetadata, type CustomDecorator } from '@nestjs/common';
import type { Capability, ResourceCondition } from '@plinth/contracts';
import type { RequestContext } from '@plinth/http';
import type { Problem } from '@plinth/kernel';

/** Under this key a handler or its class says who may call it; read by the guards and by the compliance audit. */
export const ACCESS_METADATA = 'plinth:access';

/** What a route needs beside its capability, decided by the path and the identity before the handler runs. */
export interface AccessCondition {
  /** Named in the compliance report, e.g. `active tenant`. */
  readonly name: string;
  /** Null where the call may go on, else what the caller is answered. */
  check(context: RequestContext, params: Readonly<Record<string, string>>): Problem | null;
}

export type AccessRule =
  | {
      readonly kind: 'capability';
      readonly capability: Capability;
      readonly condition?: AccessCondition;
      /** Holds for every caller, beside what the grants say; the service settles it. */
      readonly resourceCondition?: ResourceCondition;
    }
  | { readonly kind: 'public' | 'signed_in' | 'services'; readonly reason: string };

/**
 * The route needs the capability. One of a tenant's takes a principal with an active tenant, one of the
 * platform's an operator. Where the caller's grant, or the route, has a resource condition, the service settles it by
 * `ctx.grant` (ADR 0021).
 */
export function Access(capability: Capability, condition?: AccessCondition | ResourceCondition): CustomDecorator {
  const rule: AccessRule = { kind: 'capability', capability, ...conditionOf(condition) };
  return SetMetadata(ACCESS_METADATA, rule);
}

function conditionOf(condition: AccessCondition | ResourceCondition | undefined): { condition?: AccessCondition; resourceCondition?: ResourceCondition } {
  if (condition === undefined) return {};
  return typeof condition === 'string' ? { resourceCondition: condition } : { condition };
}

/**
 * The route needs no capability, for the reason given; anonymous callers are let in. It still has to
 * come through the gateway: what is answered to anyone who reaches the port is `WithoutIdentity`.
 */
export function Public(reason: string): CustomDecorator {
  const rule: AccessRule = { kind: 'public', reason };
  return SetMetadata(ACCESS_METADATA, rule);
}

/** The route is every signed-in caller's (a user, an operator, a key), for the reason given: it concerns nobody but the caller. */
export function SignedIn(reason: string): CustomDecorator {
  const rule: AccessRule = { kind: 'signed_in', reason };
  return SetMetadata(ACCESS_METADATA, rule);
}

/** The route is for other services of the suite, for the reason given; the gateway has no way to it. */
export function ServicesOnly(reason: string): CustomDecorator {
  const rule: AccessRule = { kind: 'services', reason };
  return SetMetadata(ACCESS_METADATA, rule);
}
