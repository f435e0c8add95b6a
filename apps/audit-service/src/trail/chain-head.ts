import { canonicalJson } from './canonical-json.js';

/** How long a log is and what its last leaf's hash is. */
export interface HeadFields {
  readonly tenantId: string;
  /** Number of entries, which is the last one's sequence. */
  readonly size: number;
  /** Hash of the last leaf; 64 zeros for an empty log. */
  readonly hash: string;
  /** UTC ISO 8601 with three digits of milliseconds and `Z`. */
  readonly updatedAt: string;
}

export interface ChainHead extends HeadFields {
  /** RFC 7638 thumbprint of the key that signed; empty on a head that was left unsigned. */
  readonly keyId: string;
  /** Ed25519 over the head's bytes, 128 lower-case hex digits; empty on a head that was left unsigned. */
  readonly signature: string;
}

/** The part of a key ring that heads need; `@plinth/auth`'s `KeyRing` is one. */
export interface HeadKeys {
  sign(data: Uint8Array): { readonly kid: string; readonly signature: Uint8Array };
  verify(kid: string, data: Uint8Array, signature: Uint8Array): boolean;
}

export interface HeadSigner {
  readonly current: { readonly kid: string };
}

/** The signed bytes. `purpose` keeps a signature made for something else under the same key from passing as a head's. */
export function headBytes({ tenantId, size, hash, updatedAt }: HeadFields, keyId: string): Buffer {
  return Buffer.from(canonicalJson({ v: 1, purpose: 'plinth-audit-head', tenantId, size, hash, updatedAt, keyId }), 'utf8');
}

export function signHead(fields: HeadFields, keys: HeadKeys & HeadSigner): ChainHead {
  const keyId = keys.current.kid;
  const { signature } = keys.sign(headBytes(fields, keyId));
  return { ...fields, keyId, signature: Buffer.from(signature).toString('hex') };
}

/** A head that says where the log ends and vouches for nothing: every verification finds it. */
export function unsignedHead(fields: HeadFields): ChainHead {
  return { ...fields, keyId: '', signature: '' };
}

/** Whether one of the keys signed exactly this head. */
export function isSignedHead(head: ChainHead, keys: Pick<HeadKeys, 'verify'>): boolean {
  // One spelling only: Buffer.from would read upper case, and stop at what is no hex.
  if (!/^[0-9a-f]{128}$/.test(head.signature)) return false;
  return keys.verify(head.keyId, headBytes(head, head.keyId), Buffer.from(head.signature, 'hex'));
}
