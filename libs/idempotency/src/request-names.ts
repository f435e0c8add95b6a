import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import canonicalize from 'canonicalize';

/** What a request is identified by, and what must be the same on a retry. */
export interface ClaimRequest {
  readonly clientKey: string;
  /** Tenant, principal (or the account that is named), method, route. */
  readonly scope: readonly (string | null)[];
  /** Path, query, conditions and body: all that decides the effect. */
  readonly content: readonly (string | null)[];
}

/** A request's names under one server secret: neither tells anything to who has the table and not the secret. */
export interface RequestNames {
  readonly secret: Buffer;
  readonly keyHash: Buffer;
  readonly fingerprint: Buffer;
}

/** @param path with query, as received */
export function contentOf(path: string, ifMatch: string | null, body: unknown): ClaimRequest['content'] {
  // RFC 8785, so that a client that writes the members in another order still sends the same request.
  return [path, ifMatch, body === undefined ? null : (canonicalize(body) ?? null)];
}

/** HMAC-SHA-256, 32 bytes each: the key in its scope is the name, the content the fingerprint. */
export function namesUnder(secret: Buffer, { clientKey, scope, content }: ClaimRequest): RequestNames {
  return { secret, keyHash: mac(secret, 'key', [clientKey, ...scope]), fingerprint: mac(secret, 'fingerprint', content) };
}

/** The name by which a call to the outside is known there: that of the request, and no hint at the client's key. */
export function outsideKeyOf(secret: Buffer, { clientKey, scope }: ClaimRequest): string {
  return mac(secret, 'outside', [clientKey, ...scope]).toString('hex');
}

/** Parts are length-prefixed, so that no two lists give the same text. */
function mac(secret: Buffer, purpose: string, parts: readonly (string | null)[]): Buffer {
  const text = parts.map((part) => (part === null ? '\n-' : `\n${Buffer.byteLength(part)}:${part}`)).join('');
  return createHmac('sha256', keyObjectOf(secret)).update(purpose + text).digest();
}

const keyObjects = new WeakMap<Buffer, KeyObject>();

/** A ring's secrets live as long as the process, and HMAC reads a `KeyObject` in half the time. */
function keyObjectOf(secret: Buffer): KeyObject {
  let known = keyObjects.get(secret);
  if (known === undefined) keyObjects.set(secret, (known = createSecretKey(secret)));
  return known;
}
