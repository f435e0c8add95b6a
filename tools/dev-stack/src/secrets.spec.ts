import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHome, homeAt, type Home } from './paths.ts';
import { ensureSecrets, keyRings, plainSecrets, publicRing, secretFile } from './secrets.ts';

describe('ensureSecrets', () => {
  let home: Home;
  beforeEach(() => {
    home = homeAt(mkdtempSync(join(tmpdir(), 'plinth-secrets-')));
    createHome(home);
  });
  afterEach(() => rmSync(home.root, { recursive: true }));
  const read = (name: string): string => readFileSync(join(home.secrets, name), 'utf8').trim();

  it('makes every secret of the contract in its format, readable by the owner alone', () => {
    ensureSecrets(home, {});
    for (const name of keyRings) expect(read(name)).toMatch(/^seed\.[\w-]{43}$/);
    for (const name of plainSecrets) expect(Buffer.from(read(name), 'base64url')).toHaveLength(32);
    for (const file of readdirSync(home.secrets)) expect(statSync(join(home.secrets, file)).mode & 0o777).toBe(0o600);
  });

  it('gives those who only verify a ring without seeds', () => {
    ensureSecrets(home, {});
    expect(read('INTERNAL_SIGNING_KEYS.pub')).toMatch(/^pub\.[\w-]{43}$/);
  });

  it('keeps what it made, so that a second start invalidates nothing', () => {
    ensureSecrets(home, {});
    const first = readdirSync(home.secrets).map(read);
    ensureSecrets(home, {});
    expect(readdirSync(home.secrets).map(read)).toEqual(first);
  });

  it('takes a secret from the environment, or from the file that it names', () => {
    const file = join(home.root, 'given');
    writeFileSync(file, 'from-a-file\n');
    ensureSecrets(home, { COOKIE_SECRET: 'from-the-environment', CURSOR_SECRET_FILE: file });
    expect(readFileSync(secretFile(home, 'COOKIE_SECRET'), 'utf8')).toBe('from-the-environment');
    expect(readFileSync(secretFile(home, 'CURSOR_SECRET'), 'utf8')).toBe('from-a-file');
  });
});

describe('publicRing', () => {
  it("yields each seed's own public key, and leaves public entries as they are", () => {
    const seed = Buffer.alloc(32, 7);
    const other = `pub.${Buffer.alloc(32, 9).toString('base64url')}`;
    const [derived, kept] = publicRing(`seed.${seed.toString('base64url')}, ${other}`).split(',');
    expect(kept).toBe(other);
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: derived?.slice('pub.'.length) };
    const privateKey = createPrivateKey({ key: { ...jwk, d: seed.toString('base64url') }, format: 'jwk' });
    const signature = sign(null, Buffer.from('message'), privateKey);
    expect(verify(null, Buffer.from('message'), createPublicKey({ key: jwk, format: 'jwk' }), signature)).toBe(true);
  });

  it('refuses an entry of another form without repeating it', () => {
    expect(() => publicRing('seed.c2hvcnQ')).toThrow(/^INTERNAL_SIGNING_KEYS holds an entry that is neither/);
    expect(() => publicRing('seed.c2hvcnQ')).not.toThrow(/c2hvcnQ/);
  });
});
