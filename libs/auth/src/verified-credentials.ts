import { credentialKinds } from '@plinth/contracts';
import type { VerifiedCredential } from '@plinth/http';
import { TokenRefused } from './strict-jwt.js';

/** The claim `crd` of both kinds of token: `[{knd, exp}]`, `exp` in ISO 8601. Undefined where there are none. */
export function credentialsClaim(credentials: readonly VerifiedCredential[] | undefined): { readonly crd?: readonly object[] } {
  if (credentials === undefined || credentials.length === 0) return {};
  return { crd: credentials.map(({ kind, expiresAt }) => ({ knd: kind, exp: expiresAt })) };
}

/** @throws TokenRefused where the claim has another form. A kind that this version does not know is passed over: it grants nothing. */
export function readCredentials(claim: unknown): { readonly credentials?: readonly VerifiedCredential[] } {
  if (claim === undefined) return {};
  if (!Array.isArray(claim)) throw new TokenRefused('credentials of a wrong type');
  const entries = claim as unknown[];
  const credentials = entries.flatMap((entry) => {
    const { knd, exp } = (entry ?? {}) as Record<string, unknown>;
    if (typeof knd !== 'string' || typeof exp !== 'string' || Number.isNaN(Date.parse(exp))) throw new TokenRefused('credential of a wrong type');
    const kind = credentialKinds.find((known) => known === knd);
    return kind === undefined ? [] : [{ kind, expiresAt: exp }];
  });
  return credentials.length === 0 ? {} : { credentials };
}
