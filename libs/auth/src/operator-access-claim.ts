import type { OperatorAccess } from '@plinth/http';
import { TokenRefused } from './strict-jwt.js';
import { isTextList } from './text-list.js';

/** The claim `opa` of the internal identity: `{gid, cap, exp, why}`, `exp` in ISO 8601. Undefined where the caller looks into no tenant. */
export function operatorAccessClaim(access: OperatorAccess | undefined): { readonly opa?: object } {
  if (access === undefined) return {};
  const { grantId, capabilities, expiresAt, reason } = access;
  return { opa: { gid: grantId, cap: capabilities, exp: expiresAt, why: reason } };
}

/** @throws TokenRefused where the claim has another form */
export function readOperatorAccess(claim: unknown): { readonly access?: OperatorAccess } {
  if (claim === undefined) return {};
  const { gid, cap, exp, why } = (claim ?? {}) as Record<string, unknown>;
  if (typeof gid !== 'string' || !isTextList(cap) || typeof exp !== 'string' || Number.isNaN(Date.parse(exp)) || typeof why !== 'string') {
    throw new TokenRefused('access of a wrong type');
  }
  return { access: { grantId: gid, capabilities: [...cap], expiresAt: exp, reason: why } };
}
