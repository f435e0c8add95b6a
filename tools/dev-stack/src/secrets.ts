import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writePrivateFile } from './files.ts';
import { UserError } from './output.ts';
import type { Home } from './paths.ts';
import type { Environment } from './settings.ts';

/** The secrets of the contract ("Environment"); rings of Ed25519 keys are `seed.` and `pub.` entries, the rest 32 random bytes. */
export const keyRings = ['TOKEN_SIGNING_KEYS', 'INTERNAL_SIGNING_KEYS', 'AUDIT_SIGNING_KEYS'] as const;
export const plainSecrets = ['INTERNAL_HMAC_SECRET', 'IDEMPOTENCY_SECRET', 'CURSOR_SECRET', 'COOKIE_SECRET', 'SUBJECT_KEY_ENCRYPTION_KEY'] as const;
export type SecretName = (typeof keyRings)[number] | (typeof plainSecrets)[number];

/** Without its seeds a ring verifies and cannot sign. */
export const verificationSuffix = '.pub';

/**
 * Makes the missing secrets, takes over those that the environment gives (`NAME` or `NAME_FILE`), and
 * derives the verification ring of the internal identity. Existing files stay: to rotate, put a new entry first.
 */
export function ensureSecrets(home: Home, environment: Environment): void {
  for (const name of [...keyRings, ...plainSecrets]) {
    const given = givenSecret(name, environment);
    if (given !== undefined) writePrivateFile(secretFile(home, name), given);
    else keepOrMake(secretFile(home, name), isKeyRing(name) ? newSeed : newSecret);
  }
  const ring = readFileSync(secretFile(home, 'INTERNAL_SIGNING_KEYS'), 'utf8');
  writePrivateFile(secretFile(home, 'INTERNAL_SIGNING_KEYS', verificationSuffix), publicRing(ring));
}

export function secretFile(home: Home, name: SecretName, suffix = ''): string {
  return join(home.secrets, `${name}${suffix}`);
}

/** A password that is made once and kept, e.g. `ensurePassword(home, 'POSTGRES_PASSWORD')`. */
export function ensurePassword(home: Home, name: string): string {
  const path = join(home.secrets, name);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return keepOrMake(path, newSecret);
}

/** The ring with each seed replaced by its public key. @throws UserError for an entry that is neither */
export function publicRing(ring: string): string {
  return ring.trim().split(',').map((entry) => publicEntry(entry.trim())).join(',');
}

function publicEntry(entry: string): string {
  if (entry.startsWith('pub.')) return entry;
  const seed = Buffer.from(entry.slice('seed.'.length), 'base64url');
  if (!entry.startsWith('seed.') || seed.length !== 32) {
    throw new UserError('INTERNAL_SIGNING_KEYS holds an entry that is neither seed.<32 bytes> nor pub.<32 bytes> in base64url');
  }
  // The fixed head of an Ed25519 PKCS #8 key (RFC 8410, section 7); the seed follows it.
  const head = Buffer.from('302e020100300506032b657004220420', 'hex');
  const key = createPrivateKey({ key: Buffer.concat([head, seed]), format: 'der', type: 'pkcs8' });
  return `pub.${createPublicKey(key).export({ format: 'jwk' }).x}`;
}

function givenSecret(name: SecretName, environment: Environment): string | undefined {
  if (environment[name]) return environment[name];
  const file = environment[`${name}_FILE`];
  if (!file) return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new UserError(`${name}_FILE names ${file}, which cannot be read`);
  }
}

function keepOrMake(path: string, make: () => string): string {
  const kept = existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
  if (kept !== '') return kept;
  const made = make();
  writePrivateFile(path, `${made}\n`);
  return made;
}

function isKeyRing(name: SecretName): boolean {
  return (keyRings as readonly string[]).includes(name);
}

function newSeed(): string {
  return `seed.${newSecret()}`;
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}
