import { Injectable } from '@nestjs/common';
import { Transactor, type Tx } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { reject, systemClock } from '@plinth/kernel';
import { AuditTrail } from '@plinth/outbox';
import { AccountsRepository } from '../accounts/accounts.repository.js';
import type { RefreshDto } from './dto/refresh.dto.js';
import { hashRefreshToken, newRefreshToken, openSuccessor, sealSuccessor } from './refresh-token.js';
import { SessionEnd } from './session-end.js';
import { expiryOf } from './session-lifetime.js';
import { SessionTokens, type SignedInTokens } from './session-tokens.js';
import { sessionErrors } from './sessions.errors.js';
import { SessionsRepository, type ClaimedSession } from './sessions.repository.js';

/** Within this time a used token is answered with the same successor: its first answer may have been lost. */
const retryMs = 30_000;

/**
 * Exchanges refresh tokens, each for one successor. A token that comes again later was stolen, or its successor was: the
 * session ends for both holders (RFC 9700, section 4.14.2).
 */
@Injectable()
export class RefreshService {
  constructor(
    private readonly transactor: Transactor,
    private readonly accounts: AccountsRepository,
    private readonly sessions: SessionsRepository,
    private readonly tokens: SessionTokens,
    private readonly ending: SessionEnd,
    private readonly audit: AuditTrail,
  ) {}

  /** @throws Problem `refresh_token_invalid` (401) for an unknown, expired or revoked one; it is a rejection for one that is used again, so that the session's end lasts */
  async refresh(ctx: RequestContext, { refreshToken }: RefreshDto) {
    const hash = hashRefreshToken(refreshToken);
    const holder = await this.sessions.findHolder(hash);
    const account = holder === null ? null : await this.accounts.findSessionAccount(holder.accountId);
    if (holder === null || account === null || account.status !== 'active') throw sessionErrors.refreshTokenInvalid();
    ctx.actAs(this.tokens.principalOf(account, holder.sessionId));
    return await this.transactor.run(ctx, async (tx) => {
      const now = systemClock.now();
      const session = await this.sessions.claimSession(tx, holder.sessionId);
      if (session === null || session.revokedAt !== null || session.expiresAt <= now) throw sessionErrors.refreshTokenInvalid();
      const successor = session.refreshTokenHash.equals(hash)
        ? await this.exchange(tx, session, account.id, refreshToken, now)
        : await this.successorAgain(tx, session, refreshToken, now);
      if (successor === null) return await this.endFamily(tx, ctx, session);
      return (await this.tokens.issue(account, { sessionId: session.id, secondFactor: session.secondFactor }, successor)) satisfies SignedInTokens;
    });
  }

  private async exchange(tx: Tx, session: ClaimedSession, accountId: string, used: string, now: Date): Promise<string> {
    const successor = newRefreshToken();
    const tokens = { hash: hashRefreshToken(used), successor: sealSuccessor(used, successor), successorHash: hashRefreshToken(successor) };
    await this.sessions.rotate(tx, { id: session.id, accountId, expiresAt: expiryOf(session.createdAt, now) }, tokens, now);
    return successor;
  }

  /** The successor that a used token was given before, where that was just now and nobody has used the successor since. */
  private async successorAgain(tx: Tx, session: ClaimedSession, used: string, now: Date): Promise<string | null> {
    const record = await this.sessions.findUsedToken(tx, hashRefreshToken(used));
    if (record === null || now.getTime() - record.usedAt.getTime() > retryMs) return null;
    const successor = openSuccessor(used, record.successor);
    return session.refreshTokenHash.equals(hashRefreshToken(successor)) ? successor : null;
  }

  private async endFamily(tx: Tx, ctx: RequestContext, session: ClaimedSession) {
    this.audit.record(tx, ctx, { action: 'auth.refresh', resource: { type: 'session', id: session.id }, outcome: 'failure', reason: 'refresh_token_reused' });
    await this.ending.revoke(tx, ctx, session.id, 'refresh_token_reused');
    return reject(sessionErrors.refreshTokenInvalid());
  }
}
