import { hash, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import type { VerifiedCredential } from '@plinth/http';
import { isUuid, systemClock, type Clock } from '@plinth/kernel';
import { authErrors } from './auth.errors.js';
import { ExpiringCache } from './expiring-cache.js';
import type { KeyRing, VerificationKeys } from './key-ring.js';
import { capabilitiesClaim, readCapabilities } from './made-capabilities.js';
import { isTextList } from './text-list.js';
import { TokenRefused, verifyStrictJwt } from './strict-jwt.js';
import { credentialsClaim, readCredentials } from './verified-credentials.js';

/** RFC 9068, section 2.1. */
const TYPE = 'at+jwt';
export const accessTokenAudience = 'plinth';
export const accessTokenLifetimeSeconds = 600;
/** A clock that is off by 30 s passes with some room for the way; one off by 10 minutes does not. */
const TOLERANCE_SECONDS = 60;
/** Verified tokens that are remembered; about 1 KiB each. */
const CACHE_CAPACITY = 4_096;

/** A tenant that the bearer belongs to, with the roles there. */
export interface TokenMembership {
  readonly tenantId: string;
  readonly roles: readonly string[];
  /** What roles of the tenant's own making grant beside them; absent for nothing. */
  readonly capabilities?: readonly string[];
  /** What the tenant has verified of the bearer; absent for nothing. */
  readonly credentials?: readonly VerifiedCredential[];
}

/** What an access token says of its bearer; in the token `sub`, `sid`, `mbr`, `opr` and `cdu`. */
export interface AccessTokenClaims {
  readonly userId: string;
  readonly sessionId: string;
  /** The first is the active tenant of a request that names none. */
  readonly memberships: readonly TokenMembership[];
  /** The roles of a platform operator; empty for everyone else. */
  readonly operatorRoles: readonly string[];
  /** From when on the bearer makes no changes until it agrees to what is in force, to the second; absent where nothing is outstanding. */
  readonly consentDueAt?: Date;
}

/** Issues the access tokens that the gateway verifies. */
export class AccessTokenIssuer {
  private readonly clock: Clock;

  constructor(private readonly options: { readonly keys: KeyRing; readonly issuer: string; readonly clock?: Clock }) {
    this.clock = options.clock ?? systemClock;
  }

  /** Signs with the ring's current key, for `accessTokenLifetimeSeconds`. @throws Error where that key only verifies */
  async issue(claims: AccessTokenClaims): Promise<{ readonly token: string; readonly expiresInSeconds: number }> {
    const { kid, privateKey } = this.options.keys.current;
    const issuedAt = Math.floor(this.clock.now().getTime() / 1000);
    const memberships = claims.memberships.map(({ tenantId, roles, capabilities, credentials }) => ({ tid: tenantId, rol: roles, ...capabilitiesClaim(capabilities), ...credentialsClaim(credentials) }));
    const operator = claims.operatorRoles.length > 0 ? { opr: claims.operatorRoles } : {};
    const consent = claims.consentDueAt === undefined ? {} : { cdu: Math.floor(claims.consentDueAt.getTime() / 1000) };
    const token = await new SignJWT({ sid: claims.sessionId, mbr: memberships, ...operator, ...consent })
      .setProtectedHeader({ alg: 'EdDSA', typ: TYPE, kid })
      .setIssuer(this.options.issuer)
      .setAudience(accessTokenAudience)
      .setSubject(claims.userId)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + accessTokenLifetimeSeconds)
      .sign(privateKey);
    return { token, expiresInSeconds: accessTokenLifetimeSeconds };
  }
}

interface CachedToken {
  readonly claims: AccessTokenClaims;
  readonly kid: string;
  readonly key: KeyObject;
}

/**
 * Verifies access tokens without a round trip. What was verified once is remembered by the token's
 * hash until it expires or its key is withdrawn.
 */
export class AccessTokenVerifier {
  private readonly clock: Clock;
  private readonly verified = new ExpiringCache<CachedToken>(CACHE_CAPACITY);

  constructor(
    private readonly options: { readonly keys: VerificationKeys; readonly issuer: string; readonly clock?: Clock },
  ) {
    this.clock = options.clock ?? systemClock;
  }

  /** @throws Problem `token_invalid` or `token_expired` (401) */
  async verify(token: string): Promise<AccessTokenClaims> {
    const now = this.clock.now();
    const digest = hash('sha256', token, 'base64url');
    const cached = this.verified.get(digest, now.getTime());
    if (cached !== undefined && this.options.keys.findKey(cached.kid) === cached.key) return cached.claims;
    const fresh = await this.verifyAnew(token, now);
    this.verified.set(digest, fresh, fresh.endsAtMs);
    return fresh.claims;
  }

  private async verifyAnew(token: string, now: Date): Promise<CachedToken & { readonly endsAtMs: number }> {
    try {
      const expected = {
        typ: TYPE,
        issuer: this.options.issuer,
        audience: accessTokenAudience,
        maxAgeSeconds: accessTokenLifetimeSeconds,
        toleranceSeconds: TOLERANCE_SECONDS,
        requiredClaims: ['sid', 'mbr'],
      };
      const { payload, kid, key } = await verifyStrictJwt(token, this.options.keys, expected, now);
      const { sid, mbr, opr = [], cdu } = payload;
      if (!isUuid(payload.sub) || typeof sid !== 'string' || !isTextList(opr)) throw new TokenRefused('claims of a wrong type');
      return {
        claims: { userId: payload.sub, sessionId: sid, memberships: readMemberships(mbr), operatorRoles: opr, ...readConsentDue(cdu) },
        kid,
        key,
        endsAtMs: payload.exp * 1000,
      };
    } catch (error) {
      throw error instanceof TokenRefused && error.expired ? authErrors.tokenExpired() : authErrors.tokenInvalid(error);
    }
  }
}

function readConsentDue(claim: unknown): { readonly consentDueAt?: Date } {
  if (claim === undefined) return {};
  if (!Number.isSafeInteger(claim)) throw new TokenRefused('a time of a wrong type');
  return { consentDueAt: new Date((claim as number) * 1000) };
}

function readMemberships(claim: unknown): readonly TokenMembership[] {
  if (!Array.isArray(claim)) throw new TokenRefused('memberships of a wrong type');
  const entries: unknown[] = claim;
  return entries.map((entry) => {
    const { tid, rol, cap, crd } = (entry ?? {}) as Record<string, unknown>;
    if (typeof tid !== 'string' || !isUuid(tid) || !isTextList(rol)) throw new TokenRefused('membership of a wrong type');
    return { tenantId: tid, roles: rol, ...readCapabilities(cap), ...readCredentials(crd) };
  });
}
