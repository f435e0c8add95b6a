/** How many tries are free, and how long the waits between later ones are. */
export interface LockOutRule {
  /** Failures before the first wait. */
  readonly free: number;
  /** The first wait; each further failure doubles it. In seconds. */
  readonly firstWaitSeconds: number;
  readonly mostWaitSeconds: number;
}

/** Of an account from one address. */
export const addressRule: LockOutRule = { free: 5, firstWaitSeconds: 30, mostWaitSeconds: 900 };

/** Of an account from all addresses that never signed in to it: an attacker may have many. */
export const accountRule: LockOutRule = { free: 50, firstWaitSeconds: 30, mostWaitSeconds: 900 };

/** Without a try for so long, the count begins anew. */
export const forgottenAfterSeconds = 3_600;

/** So long an address that has signed in to an account is known to it. */
export const knownForDays = 90;
