import { createHash, createPublicKey, verify } from 'node:crypto';
import { gunzipSync } from 'node:zlib';

// Nothing but Node's own modules, so that whoever is to trust it can read all of it.

/** What a sound archive says of itself. */
export interface VerifiedExport {
  readonly kid: string;
  readonly issuer: string;
  readonly createdAt: string;
  readonly subject: { readonly type: string; readonly id: string };
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly rows: number }[];
  /** What it does not hold all of, as it says itself. */
  readonly incomplete: readonly { readonly what: string; readonly tenantId: string | null; readonly rows: number; readonly why: string }[];
}

interface Manifest extends Omit<VerifiedExport, 'kid' | 'incomplete'> {
  /** Archives from before it was there were whole. */
  readonly incomplete?: VerifiedExport['incomplete'];
  readonly format: string;
  readonly version: number;
  readonly files: readonly { readonly name: string; readonly sha256: string; readonly bytes: number; readonly rows: number }[];
}

interface Jwk {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  readonly kid: string;
}

const blockBytes = 512;

/**
 * Holds an archive against its signed manifest (docs/adr/0047-data-exports.md): that one of the keys has signed the manifest, that the manifest is the
 * one in the archive, and that each file is there, unchanged, and no other. Needs no network.
 *
 * @param jwks the keys as `/.well-known/jwks.json` of the installation published them
 * @throws Error that says what is wrong
 */
export function verifyExport(archive: Uint8Array, jwks: { readonly keys: readonly Jwk[] }): VerifiedExport {
  const files = untar(unpacked(archive));
  const [bytes, jws] = ['manifest.json', 'manifest.jws'].map((name) => {
    const file = files.get(name);
    if (file === undefined) throw new Error(`there is no ${name}`);
    return file;
  }) as [Buffer, Buffer];
  const { kid, payload } = openJws(jws.toString('latin1'), jwks.keys);
  if (!payload.equals(bytes)) throw new Error('manifest.json is not what was signed');
  const manifest = JSON.parse(bytes.toString('utf8')) as Manifest;
  if (manifest.format !== 'plinth-export' || manifest.version !== 1) throw new Error('the manifest is of another format');
  for (const { name, sha256 } of manifest.files) {
    const file = files.get(name);
    if (file === undefined) throw new Error(`${name} is missing`);
    if (createHash('sha256').update(file).digest('hex') !== sha256) throw new Error(`${name} was changed`);
  }
  const listed = new Set(['manifest.json', 'manifest.jws', ...manifest.files.map(({ name }) => name)]);
  for (const name of files.keys()) if (!listed.has(name)) throw new Error(`${name} was added`);
  const { issuer, createdAt, subject, incomplete = [] } = manifest;
  return { kid, issuer, createdAt, subject, incomplete, files: manifest.files.map(({ name, bytes: size, rows }) => ({ name, bytes: size, rows })) };
}

function unpacked(archive: Uint8Array): Buffer {
  try {
    return gunzipSync(archive, { maxOutputLength: 1_073_741_824 });
  } catch {
    throw new Error('it is no gzipped archive, or was cut or changed');
  }
}

/** Compact JWS (RFC 7515) by Ed25519 (RFC 8037). */
function openJws(text: string, keys: readonly Jwk[]): { readonly kid: string; readonly payload: Buffer } {
  const [header = '', payload = '', signature = '', ...rest] = text.split('.');
  let read: { alg?: unknown; typ?: unknown; kid?: unknown };
  try {
    read = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as typeof read;
  } catch {
    throw new Error('the signature cannot be read');
  }
  if (rest.length > 0 || read.alg !== 'EdDSA' || read.typ !== 'plinth-export+jws') throw new Error('the signature is of another kind');
  const jwk = keys.find((key) => key.kid === read.kid && key.kty === 'OKP' && key.crv === 'Ed25519');
  if (jwk === undefined) throw new Error('the signature is by a key that is none of these');
  const key = createPublicKey({ format: 'jwk', key: { kty: jwk.kty, crv: jwk.crv, x: jwk.x } });
  if (!verify(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'))) throw new Error('the signature is wrong');
  return { kid: jwk.kid, payload: Buffer.from(payload, 'base64url') };
}

/** The files of a tar archive (POSIX.1-1988, ustar). */
function untar(tar: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (let at = 0; at + blockBytes <= tar.length && tar[at] !== 0; ) {
    const header = tar.subarray(at, at + blockBytes);
    const field = (from: number, to: number) => header.subarray(from, to).toString('latin1').replace(/[\0 ].*$/s, '');
    const [name, size] = [field(0, 100), Number.parseInt(field(124, 136), 8)];
    if (!Number.isSafeInteger(size) || at + blockBytes + size > tar.length) throw new Error('the archive was cut or changed');
    if (files.has(name)) throw new Error(`${name} is there twice`);
    files.set(name, tar.subarray(at + blockBytes, at + blockBytes + size));
    at += blockBytes + Math.ceil(size / blockBytes) * blockBytes;
  }
  return files;
}
