import { createHash, randomBytes } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';

/** What authenticator apps expect: of RFC 6238 the values that all of them know. */
const rfc6238 = { algorithm: 'SHA1', digits: 6, period: 30 } as const;
/** A code counts a step before and after its time too: clocks differ, and people type slowly (RFC 6238, section 5.2). */
const stepsAround = 1;

/** RFC 4226, section 4, recommends 160 bits. */
export function newTotpSecret(): Buffer {
  return randomBytes(20);
}

/** As a person types it into an app that reads no QR codes: base32 (RFC 4648). */
export function totpSecretText(secret: Buffer): string {
  return new Secret({ buffer: arrayBufferOf(secret) }).base32;
}

/** What a QR code for authenticator apps says (the `otpauth:` scheme). @param issuer what the app calls the service */
export function totpUri(secret: Buffer, issuer: string, account: string): string {
  return totpOf(secret, { issuer, label: account }).toString();
}

/** The time step that the code is of; null where it is of none around now, or of one that was used before. @param usedStep of the last code that was taken */
export function findTotpStep(secret: Buffer, code: string, now: Date, usedStep: number | null): number | null {
  if (!/^\d{6}$/.test(code)) return null;
  const timestamp = now.getTime();
  const delta = totpOf(secret).validate({ token: code, timestamp, window: stepsAround });
  if (delta === null) return null;
  const step = Math.floor(timestamp / 1000 / rfc6238.period) + delta;
  return usedStep !== null && step <= usedStep ? null : step;
}

/** The code of the step that the time is in. */
export function totpCode(secret: Buffer, at: Date): string {
  return totpOf(secret).generate({ timestamp: at.getTime() });
}

const recoveryCodeCount = 10;
/** RFC 4648 without what is read wrongly: 0 and 1 are not in it, and case does not count. */
const recoveryForm = /^[A-Z2-7]{16}$/;

/** Ten codes of 80 random bits, in groups of four: XXXX-XXXX-XXXX-XXXX. */
export function newRecoveryCodes(): string[] {
  return Array.from({ length: recoveryCodeCount }, () => totpSecretText(randomBytes(10)).replace(/(.{4})(?=.)/g, '$1-'));
}

/** What is stored of a recovery code; null for what is none. 80 random bits need no slow hash. */
export function hashRecoveryCode(code: string): Buffer | null {
  const plain = code.replace(/[\s-]/g, '').toUpperCase();
  return recoveryForm.test(plain) ? createHash('sha256').update(plain).digest() : null;
}

function totpOf(secret: Buffer, names: { readonly issuer?: string; readonly label?: string } = {}): TOTP {
  return new TOTP({ ...rfc6238, ...names, secret: new Secret({ buffer: arrayBufferOf(secret) }) });
}

function arrayBufferOf(bytes: Buffer): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}
