import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { verifyExport } from './verify-export.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const jwks = { keys: [{ ...(publicKey.export({ format: 'jwk' }) as { kty: string; crv: string; x: string }), kid: 'k1' }] };
const base64url = (bytes: Buffer | string) => Buffer.from(bytes).toString('base64url');

function tarOf(files: Readonly<Record<string, string>>): Buffer {
  const blocks = Object.entries(files).flatMap(([name, text]) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write(`${Buffer.byteLength(text).toString(8).padStart(11, '0')}\0`, 124);
    const bytes = Buffer.from(text);
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

const data = { 'data/account.json': '[{"id":"1"}]\n', 'data/session.json': '[]\n' };

/** An archive, and what a forger would change. */
function archive({ files = data, typ = 'plinth-export+jws', manifest = {}, shown }: { files?: Record<string, string>; typ?: string; manifest?: object; shown?: string } = {}): Buffer {
  const listed = Object.entries(data).map(([name, text]) => ({ name, sha256: createHash('sha256').update(text).digest('hex'), bytes: text.length, rows: 1 }));
  const text = JSON.stringify({ format: 'plinth-export', version: 1, issuer: 'https://plinth.example', createdAt: '2026-11-27T20:00:00.000Z', subject: { type: 'person', id: '1' }, files: listed, ...manifest });
  const signed = `${base64url(JSON.stringify({ alg: 'EdDSA', typ, kid: 'k1' }))}.${base64url(text)}`;
  const jws = `${signed}.${base64url(sign(null, Buffer.from(signed), privateKey))}`;
  return gzipSync(tarOf({ 'manifest.json': shown ?? text, 'manifest.jws': jws, ...files }));
}

describe('verifyExport', () => {
  it('says what a sound archive is of', () => {
    expect(verifyExport(archive(), jwks)).toMatchObject({ kid: 'k1', subject: { type: 'person', id: '1' }, files: [{ name: 'data/account.json', rows: 1 }, { name: 'data/session.json' }] });
  });

  it('says what an archive does not hold all of, and of an older one that it is whole', () => {
    const incomplete = [{ what: 'audit.entry', tenantId: '1', rows: 3, why: 'The archive is full.' }];
    expect(verifyExport(archive({ manifest: { incomplete } }), jwks).incomplete).toEqual(incomplete);
    expect(verifyExport(archive(), jwks).incomplete).toEqual([]);
  });

  it.each<[string, Buffer, string]>([
    ['a file that was changed', archive({ files: { ...data, 'data/account.json': '[{"id":"2"}]\n' } }), 'data/account.json was changed'],
    ['a file that is missing', archive({ files: { 'data/session.json': '[]\n' } }), 'data/account.json is missing'],
    ['a file that was added', archive({ files: { ...data, 'data/more.json': '[]\n' } }), 'data/more.json was added'],
    ['a manifest that was not signed', archive({ shown: '{}' }), 'not what was signed'],
    ['a signature of another type', archive({ typ: 'at+jwt' }), 'of another kind'],
    ['another format', archive({ manifest: { version: 2 } }), 'another format'],
    ['no archive', Buffer.from('nothing'), 'no gzipped archive'],
    ['an archive that was cut', archive().subarray(0, 200), 'no gzipped archive'],
    ['an archive without a manifest', gzipSync(tarOf(data)), 'no manifest.json'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => verifyExport(bytes, jwks)).toThrow(message);
  });

  it('refuses the signature of another key, and a wrong one', () => {
    expect(() => verifyExport(archive(), { keys: [] })).toThrow('none of these');
    const [key] = jwks.keys;
    const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }) as { x: string };
    expect(() => verifyExport(archive(), { keys: [{ ...key, kty: 'OKP', crv: 'Ed25519', kid: 'k1', x: other.x }] })).toThrow('wrong');
  });

  it('refuses an archive in which any byte of a file was changed', () => {
    const tar = gunzipSync(archive());
    for (const needle of ['"id":"1"', '"issuer"', '2026-11']) {
      const changed = Buffer.from(tar);
      changed.writeUInt8(changed.readUInt8(changed.indexOf(needle) + 2) ^ 1, changed.indexOf(needle) + 2);
      expect(() => verifyExport(gzipSync(changed), jwks)).toThrow();
    }
  });
});
