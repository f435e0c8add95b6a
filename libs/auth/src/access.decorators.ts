import { SetMetadata, type CustomDecorator } from '@nestjs/common';
import type { Capability } from '@plinth/contracts';
import type { RequestContext } from '@plinth/http';
import type { Problem } from '@plinth/kernel';

/** Under this key a handler or its class says who may call it; read by the guards and by the compliance audit. */
export const ACCESS_METADATA = 'plinth:access';

/** What a route needs beside its capability. */
export interface AccessCondition {
  /** Named in the compliance report, e.g. `active tenant`. */
  readonly name: string;
  /** Null where the call may go on, else what the caller is answered. */
  check(context: RequestContext, params: Readonly<Record<string, string>>): Problem | null;
}

export type AccessRule =
  | { readonly kind: 'capability'; readonly capability: Capability; readonly condition?: AccessCondition }
  | { readonly kind: 'public'; readonly reason: string };

/** The route needs the capability, and with it a principal that is not anonymous and an active tenant. */
export function Access(capability: Capability, condition?: AccessCondition): CustomDecorator {
  const rule: AccessRule = { kind: 'capability', capability, ...(condition === undefined ? {} : { condition }) };
  return SetMetadata(ACCESS_METADATA, rule);
}

/**
 * The route needs no capability, for the reason given; anonymous callers are let in. It still has to
 * come through the gateway: what is answered to anyone who reaches the port is `WithoutIdentity`.
 */
export function Public(reason: string): CustomDecorator {
  const rule: AccessRule = { kind: 'public', reason };
  return SetMetadata(ACCESS_METADATA, rule);
}
