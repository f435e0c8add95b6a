import { Injectable } from '@nestjs/common';
import { CsrfTokens, type AccessTokenClaims } from '@plinth/auth';
import { Transactor } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { systemClock } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { AccountsRepository } from '../accounts/accounts.repository.js';
import { sessionOf } from './own-sessions.service.js';
import { expiryOf } from './session-lifetime.js';
import { SessionUsesRepository } from './session-uses.repository.js';
import { SessionTokens } from './session-tokens.js';
import { sessionErrors } from './sessions.errors.js';
import { SessionsRepository, type BrowserSession } from './sessions.repository.js';

/** A use is noted when the last one was noted longer ago: gateways ask for a session that is in use every minute. */
const noteEveryMs = 5 * 60_000;

/** What a gateway is told of a browser's session: what an access token of it would say, and how long it is good for. */
export type BrowserSessionFacts = AccessTokenClaims & {
  readonly expiresAt: Date;
  /** It was ended, or its account was disabled. */
  readonly ended: boolean;
};

/** Sessions that are shown by a browser's cookie. */
@Injectable()
export class BrowserSessionsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly sessions: SessionsRepository,
    private readonly uses: SessionUsesRepository,
    private readonly accounts: AccountsRepository,
    private readonly tokens: SessionTokens,
    private readonly csrf: CsrfTokens,
    private readonly logger: Logger,
  ) {}

  /** For a gateway. A session that is asked for is in use, and goes on from now. @param cookieHash hex @throws Problem `session_not_found` (404) */
  async find(cookieHash: string): Promise<BrowserSessionFacts> {
    const session = await this.sessions.findByCookie(Buffer.from(cookieHash, 'hex'));
    const account = session === null ? null : await this.accounts.findSessionAccount(session.accountId);
    if (session === null || account === null) throw sessionErrors.sessionNotFound();
    const now = systemClock.now();
    const ended = session.revokedAt !== null || account.status !== 'active';
    const expiresAt = ended || session.expiresAt <= now ? session.expiresAt : await this.noteUse(session, now);
    return { ...this.tokens.claimsOf(account, { sessionId: session.id, secondFactor: session.secondFactor }), expiresAt, ended };
  }

  /** For a page that was loaded anew. @throws Problem `session_required` (403) for a caller without a session */
  csrfTokenOf({ principal }: RequestContext): { readonly csrfToken: string } {
    return { csrfToken: this.csrf.of(sessionOf(principal).sessionId) };
  }

  /** @returns when the session ends now. A use that cannot be noted closes nobody out: the session ends as it would have. */
  private async noteUse(session: BrowserSession, now: Date): Promise<Date> {
    const before = new Date(now.getTime() - noteEveryMs);
    if ((session.refreshedAt ?? session.createdAt) >= before) return session.expiresAt;
    const expiresAt = expiryOf(session.createdAt, now);
    try {
      await this.transactor.run({ tenantId: null, principalId: session.accountId }, (tx) => this.uses.note(tx, session.id, { at: now, before, expiresAt }));
      return expiresAt;
    } catch (error) {
      this.logger.warn('the use of a session could not be noted', { error });
      return session.expiresAt;
    }
  }
}
