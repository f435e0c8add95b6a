const dayMs = 86_400_000;
const idleDays = 30;
const longestDays = 90;

/** When a session ends that is used now and not again: after 30 days, and 90 days after sign-in at the latest (contract). */
export function expiryOf(signedInAt: Date, usedAt: Date): Date {
  return new Date(Math.min(usedAt.getTime() + idleDays * dayMs, signedInAt.getTime() + longestDays * dayMs));
}

/** How long a browser keeps its cookie, in seconds: as long as the session can last. */
export const longestSessionSeconds = (longestDays * dayMs) / 1_000;
