import { hashSessionCookie, isSessionCookie, type AccessTokenClaims } from '@plinth/auth';
import { systemClock, type Clock } from '@plinth/kernel';
import { callerErrors } from './callers.errors.js';
import { RememberedFacts } from './remembered-facts.js';
import type { Revocations } from './revocations.js';

/** What tenant-service tells of a session by the hash of its cookie: what an access token of it would say, and how long it is good for. */
export interface BrowserSessionFacts extends AccessTokenClaims {
  /** Unless it is used until then; each look-up is a use. */
  readonly expiresAt: Date;
  /** It was ended, or its account was disabled. */
  readonly ended: boolean;
}

/** Verifies the cookies of browsers' sessions by facts that are looked up and remembered. The cookie itself never leaves this process. */
export class BrowserSessions {
  private readonly facts: RememberedFacts<BrowserSessionFacts>;
  private readonly clock: Clock;

  constructor(options: {
    /** By the cookie's hash; null for an unknown one; rejects where there is no answer. */
    readonly find: (cookieHash: string) => Promise<BrowserSessionFacts | null>;
    readonly revocations: Pick<Revocations, 'fresh' | 'sequence' | 'accountChangedAt'>;
    readonly clock?: Clock;
  }) {
    const { find, revocations, clock = systemClock } = options;
    this.clock = clock;
    this.facts = new RememberedFacts({ find, revocations, clock, changedAt: ({ userId }) => revocations.accountChangedAt(userId) });
  }

  /** @returns also a session that has ended. @throws Problem `session_cookie_invalid` (401), `caller_unconfirmed` (503) where the facts cannot be had */
  async find(cookie: string): Promise<BrowserSessionFacts> {
    const facts = isSessionCookie(cookie) ? await this.facts.of(hashSessionCookie(cookie)) : null;
    if (facts === null || facts.expiresAt <= this.clock.now()) throw callerErrors.sessionCookieInvalid();
    return facts;
  }
}
