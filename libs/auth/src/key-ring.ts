import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';

/** The DER bytes before the seed of a PKCS #8 Ed25519 private key (RFC 8410, section 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A public key as JWKS carry it (RFC 8037). */
export interface PublicJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
  readonly alg: 'EdDSA';
  readonly use: 'sig';
}

/** A JWK Set (RFC 7517, section 5). */
export interface JwksDocument {
  readonly keys: readonly PublicJwk[];
}

/** Where a verifier finds the public key that a token names. */
export interface VerificationKeys {
  findKey(kid: string): KeyObject | undefined;
  /** Looks for keys that are not known yet. Absent where the set is fixed. Never throws. */
  refresh?(): Promise<void>;
}

interface RingKey {
  readonly kid: string;
  readonly x: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject | undefined;
}

/** The signing half of a ring's current key. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

/**
 * Ed25519 keys of one purpose: the first signs, all verify, so that a key is rotated by putting the
 * new one in front and dropping the old one when nothing signed with it is alive any more.
 */
export class KeyRing implements VerificationKeys {
  private readonly byKid: ReadonlyMap<string, RingKey>;

  private constructor(private readonly keys: readonly RingKey[]) {
    this.byKid = new Map(keys.map((key) => [key.kid, key]));
  }

  /**
   * @param entries `seed.<base64url of a 32-byte seed>` (signs) or `pub.<base64url of the 32-byte
   *   public key>` (verifies only); the first is current
   * @throws Error that names the entry's position, never its content
   */
  static of(entries: readonly string[]): KeyRing {
    if (entries.length === 0) throw new Error('A key ring needs at least one key');
    return new KeyRing(entries.map((entry, index) => ringKey(entry, index)));
  }

  /** @throws Error when the current key only verifies */
  get current(): SigningKey {
    const [first] = this.keys;
    if (first?.privateKey === undefined) throw new Error('The current key of this ring only verifies: put a seed first');
    return { kid: first.kid, privateKey: first.privateKey };
  }

  /** Whether the current key has its private half, which `current` and `sign` need. */
  get canSign(): boolean {
    return this.keys[0]?.privateKey !== undefined;
  }

  /**
   * @param kid a key's `thumbprint`
   * @returns undefined for a key that the ring does not hold
   */
  findKey(kid: string): KeyObject | undefined {
    return this.byKid.get(kid)?.publicKey;
  }

  /** The public halves, current first, as a JWKS endpoint serves them. */
  publicJwks(): JwksDocument {
    return {
      keys: this.keys.map(({ kid, x }) => ({ kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' })),
    };
  }

  /** Signs with the current key: 64 bytes of Ed25519 (RFC 8032). */
  sign(data: Uint8Array): { readonly kid: string; readonly signature: Buffer } {
    const { kid, privateKey } = this.current;
    return { kid, signature: sign(null, data, privateKey) };
  }

  /** Whether the named key of this ring made the signature; false for a key that the ring does not hold. */
  verify(kid: string, data: Uint8Array, signature: Uint8Array): boolean {
    const key = this.findKey(kid);
    return key !== undefined && verify(null, data, key, signature);
  }
}

/** The key's id: the RFC 7638 thumbprint of its public JWK, base64url. `x` is the public key, base64url. */
export function thumbprint(x: string): string {
  return createHash('sha256').update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest('base64url');
}

/** @param x the 32-byte public key, base64url. @throws Error when it is no such key */
export function publicKeyOf(x: string): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

function ringKey(entry: string, index: number): RingKey {
  const [, form, encoded] = /^(seed|pub)\.([A-Za-z0-9_-]{43})$/.exec(entry) ?? [];
  if (form === undefined || encoded === undefined) {
    throw new Error(`Key ${index + 1} is neither seed.<base64url of 32 bytes> nor pub.<base64url of 32 bytes>`);
  }
  if (form === 'pub') return { kid: thumbprint(encoded), x: encoded, publicKey: publicKeyOf(encoded), privateKey: undefined };
  const der = Buffer.concat([PKCS8_PREFIX, Buffer.from(encoded, 'base64url')]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey);
  const { x } = publicKey.export({ format: 'jwk' });
  if (x === undefined) throw new Error(`Key ${index + 1} has no public half`);
  return { kid: thumbprint(x), x, publicKey, privateKey };
}
