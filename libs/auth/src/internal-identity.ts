import { hash, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { SignJWT, type JWTPayload } from 'jose';
import type { ServiceName } from '@plinth/contracts';
import { services } from '@plinth/contracts';
import type { Principal } from '@plinth/http';
import { systemClock, type Clock } from '@plinth/kernel';
import { authErrors } from './auth.errors.js';
import { capabilitiesClaim, readCapabilities } from './made-capabilities.js';
import { ExpiringCache } from './expiring-cache.js';
import { internalHeaders } from './internal-headers.js';
import type { KeyRing, VerificationKeys } from './key-ring.js';
import { operatorAccessClaim, readOperatorAccess } from './operator-access-claim.js';
import { signatureKeys, signRequest, verifyRequestSignature } from './request-signature.js';
import { isTextList } from './text-list.js';
import { TokenRefused, verifyStrictJwt } from './strict-jwt.js';
import { credentialsClaim, readCredentials } from './verified-credentials.js';

const TYPE = 'plinth-internal+jwt';
const LIFETIME_SECONDS = 60;
/** A token is used again until this long before its end, so that it does not end on the way. */
const RENEW_BEFORE_END_MS = 15_000;
const TOLERANCE_SECONDS = 30;
const CACHE_CAPACITY = 4_096;
const PRINCIPAL_TYPES: readonly Principal['type'][] = ['user', 'api_key', 'service', 'operator', 'anonymous'];

/** One call from a process of the suite to another. */
export interface InternalCall {
  readonly audience: ServiceName;
  readonly principal: Principal;
  readonly method: string;
  /** Path and query exactly as they go onto the wire. */
  readonly path: string;
  readonly requestId: string;
  readonly clientIp: string | null;
  readonly userAgent: string | null;
}

/** All of them go with every call. Client address and user agent are empty where they are not known; the latter is base64url of UTF-8. */
export interface IdentityHeaders {
  readonly [internalHeaders.identity]: string;
  readonly [internalHeaders.signature]: string;
  readonly [internalHeaders.requestId]: string;
  readonly [internalHeaders.clientIp]: string;
  readonly [internalHeaders.userAgent]: string;
}

interface MintedToken {
  readonly token: string;
  readonly hash: string;
}

/** Mints the identity that a process attaches to its calls: a token per principal, a signature per request. */
export class InternalIdentityMinter {
  private readonly clock: Clock;
  private readonly secret: KeyObject;
  private readonly minted = new ExpiringCache<Promise<MintedToken>>(CACHE_CAPACITY);

  constructor(
    private readonly options: {
      readonly service: ServiceName;
      readonly keys: KeyRing;
      /** The first signs. */
      readonly secrets: readonly Uint8Array[];
      readonly clock?: Clock;
    },
  ) {
    this.clock = options.clock ?? systemClock;
    const [secret] = signatureKeys(options.secrets);
    if (secret === undefined) throw new Error('No secret to sign internal requests with');
    this.secret = secret;
  }

  /** The process that mints: the issuer, and the principal of its own calls. */
  get service(): ServiceName {
    return this.options.service;
  }

  /**
   * The token serves again for 45 s, for the same principal and audience; the signature is of this call alone.
   *
   * @throws Error where the ring's current key only verifies
   */
  async headersFor(call: InternalCall): Promise<IdentityHeaders> {
    const { token, hash: identityHash } = await this.tokenFor(call.principal, call.audience);
    const clientIp = call.clientIp ?? '';
    const userAgentEncoded = Buffer.from(call.userAgent ?? '', 'utf8').toString('base64url');
    const { method, path, requestId } = call;
    const facts = { method, path, requestId, clientIp, userAgentEncoded, identityHash };
    return {
      [internalHeaders.identity]: token,
      [internalHeaders.signature]: signRequest(this.secret, this.clock.now().getTime(), facts),
      [internalHeaders.requestId]: requestId,
      [internalHeaders.clientIp]: clientIp,
      [internalHeaders.userAgent]: userAgentEncoded,
    };
  }

  private tokenFor(principal: Principal, audience: ServiceName): Promise<MintedToken> {
    const nowMs = this.clock.now().getTime();
    const { type, id, tenantId, roles, capabilities, scopes, sessionId, credentials, access } = principal;
    const cacheKey = JSON.stringify([audience, type, id, tenantId, roles, capabilities, scopes, sessionId, credentials, access]);
    const known = this.minted.get(cacheKey, nowMs);
    if (known !== undefined) return known;
    // The promise is kept, so that a burst of one principal signs once.
    const fresh = this.mint(principal, audience, Math.floor(nowMs / 1000));
    this.minted.set(cacheKey, fresh, nowMs + LIFETIME_SECONDS * 1000 - RENEW_BEFORE_END_MS);
    fresh.catch(() => this.minted.delete(cacheKey));
    return fresh;
  }

  private async mint(principal: Principal, audience: ServiceName, issuedAt: number): Promise<MintedToken> {
    const { kid, privateKey } = this.options.keys.current;
    const claims: JWTPayload = { pty: principal.type, tid: principal.tenantId, rol: principal.roles, ...capabilitiesClaim(principal.capabilities), ...credentialsClaim(principal.credentials), ...operatorAccessClaim(principal.access) };
    if (principal.scopes !== undefined) claims['scp'] = principal.scopes;
    if (principal.sessionId !== undefined) claims['sid'] = principal.sessionId;
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA', typ: TYPE, kid })
      .setIssuer(this.options.service)
      .setAudience(audience)
      .setSubject(principal.id ?? 'anonymous')
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + LIFETIME_SECONDS)
      .sign(privateKey);
    return { token, hash: hash('sha256', token) };
  }
}

/** The parts of a request that an identity is judged by. */
export interface IncomingCall {
  readonly method: string;
  /** The request target as it came: path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Who calls, as the calling process vouches for it. */
export interface VerifiedCall {
  readonly principal: Principal;
  readonly caller: string;
  readonly requestId: string;
  readonly clientIp: string | null;
  readonly userAgent: string | null;
}

interface VerifiedIdentity {
  readonly principal: Principal;
  readonly caller: string;
}

/** Verifies what `InternalIdentityMinter` attached. Verified tokens are remembered by hash until they expire. */
export class InternalIdentityVerifier {
  private readonly clock: Clock;
  private readonly secrets: readonly KeyObject[];
  private readonly verified = new ExpiringCache<VerifiedIdentity>(CACHE_CAPACITY);

  constructor(
    private readonly options: {
      /** The audience that a token must name. */
      readonly service: ServiceName;
      readonly keys: VerificationKeys;
      readonly secrets: readonly Uint8Array[];
      readonly clock?: Clock;
    },
  ) {
    this.clock = options.clock ?? systemClock;
    this.secrets = signatureKeys(options.secrets);
  }

  /** @throws Problem `identity_invalid` (401) */
  async verify(call: IncomingCall): Promise<VerifiedCall> {
    try {
      return await this.check(call);
    } catch (error) {
      throw authErrors.identityInvalid(error);
    }
  }

  private async check({ method, path, headers }: IncomingCall): Promise<VerifiedCall> {
    const now = this.clock.now();
    const token = single(headers, internalHeaders.identity);
    const requestId = single(headers, internalHeaders.requestId);
    const clientIp = single(headers, internalHeaders.clientIp);
    const userAgentEncoded = single(headers, internalHeaders.userAgent);
    const identityHash = hash('sha256', token);
    const facts = { method, path, requestId, clientIp, userAgentEncoded, identityHash };
    const signature = single(headers, internalHeaders.signature);
    // The HMAC is the cheap check, so it comes first: nobody without the secret reaches Ed25519.
    if (!verifyRequestSignature(this.secrets, signature, now.getTime(), facts)) throw new TokenRefused('wrong signature');
    if (clientIp !== '' && isIP(clientIp) === 0) throw new TokenRefused('client address of a wrong form');
    const identity = this.verified.get(identityHash, now.getTime()) ?? (await this.verifyToken(token, identityHash, now));
    const userAgent = Buffer.from(userAgentEncoded, 'base64url').toString('utf8');
    return { ...identity, requestId, clientIp: clientIp === '' ? null : clientIp, userAgent: userAgent === '' ? null : userAgent };
  }

  private async verifyToken(token: string, identityHash: string, now: Date): Promise<VerifiedIdentity> {
    const expected = {
      typ: TYPE,
      issuer: services.map(({ name }) => name),
      audience: this.options.service,
      maxAgeSeconds: LIFETIME_SECONDS,
      toleranceSeconds: TOLERANCE_SECONDS,
      requiredClaims: ['pty', 'tid', 'rol'],
    };
    const { payload } = await verifyStrictJwt(token, this.options.keys, expected, now);
    const identity = { principal: readPrincipal(payload), caller: String(payload.iss) };
    this.verified.set(identityHash, identity, payload.exp * 1000);
    return identity;
  }
}

function single(headers: IncomingCall['headers'], name: string): string {
  const value = headers[name];
  if (typeof value !== 'string') throw new TokenRefused(`no ${name} header, or several`);
  return value;
}

function readPrincipal(payload: JWTPayload & { readonly sub: string }): Principal {
  const { sub, pty, tid, rol, cap, scp, sid, crd, opa } = payload;
  const type = PRINCIPAL_TYPES.find((candidate) => candidate === pty);
  const tenantId = tid === null || typeof tid === 'string' ? tid : undefined;
  if (type === undefined || tenantId === undefined || !isTextList(rol)) throw new TokenRefused('claims of a wrong type');
  if (scp !== undefined && !isTextList(scp)) throw new TokenRefused('scopes of a wrong type');
  if (sid !== undefined && typeof sid !== 'string') throw new TokenRefused('session of a wrong type');
  // Nobody but an operator in a tenant has one: whoever else came with it would be taken for what it is not.
  if (opa !== undefined && (type !== 'operator' || tenantId === null)) throw new TokenRefused('access of somebody who has none');
  return {
    type,
    id: type === 'anonymous' ? null : sub,
    tenantId,
    roles: [...rol],
    ...readCapabilities(cap),
    ...(scp === undefined ? {} : { scopes: [...scp] }),
    ...(sid === undefined ? {} : { sessionId: sid }),
    ...readCredentials(crd),
    ...readOperatorAccess(opa),
  };
}
