import { createHash } from 'node:crypto';

/** What a token that was sent by e-mail is good for. */
export type MailedTokenPurpose = 'verify_email' | 'reset_password' | 'change_email';

const minuteMs = 60_000;

/** From the sending on; the mails say so (`mail-templates.ts`). */
export const mailedTokenLifetimeMs: Readonly<Record<MailedTokenPurpose, number>> = {
  verify_email: 24 * 60 * minuteMs,
  reset_password: 30 * minuteMs,
  change_email: 24 * 60 * minuteMs,
};

/** Most mails of a purpose to an account: one a minute, five an hour. More than that is somebody who floods a mailbox. */
export const mailedTokenLimits = [
  { withinMs: minuteMs, most: 1 },
  { withinMs: 60 * minuteMs, most: 5 },
] as const;

/** What is stored of a token. It has 256 random bits, so a plain hash is enough. */
export function hashMailedToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
