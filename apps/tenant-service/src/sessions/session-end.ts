import { Injectable } from '@nestjs/common';
import { SessionRevokedV1, type SessionRevokedReason } from '@plinth/contracts';
import type { Tx } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { systemClock } from '@plinth/kernel';
import { Outbox } from '@plinth/outbox';
import { RevocationsRepository } from '../revocations/revocations.repository.js';
import { SessionsRepository } from './sessions.repository.js';

/** Whose sessions end, and what for. */
type SessionsOf = Pick<RequestContext, 'principal' | 'traceparent'>;

/** The end of a session before its time: its refresh token is refused, and its access tokens within a second. */
@Injectable()
export class SessionEnd {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly revocations: RevocationsRepository,
    private readonly outbox: Outbox,
  ) {}

  /** All sessions of the principal that have not ended, but one that goes on, in one statement a step however many they are. Call it last in the transaction, for it takes the lock of the revocation feed. */
  async revokeAll(tx: Tx, ctx: SessionsOf, reason: SessionRevokedReason, keepId?: string): Promise<void> {
    const { id: userId } = ctx.principal;
    if (userId === null) throw new Error('a session belongs to somebody');
    const ended = await this.sessions.revokeAll(tx, userId, systemClock.now(), keepId ?? null);
    for (const sessionId of ended) this.tell(tx, ctx, { userId, sessionId, reason });
    await this.revocations.append(tx, 'session_revoked', ...ended);
  }

  /**
   * Call it last in the transaction, for it takes the lock of the revocation feed.
   *
   * @returns false where the session has ended before, or is not the caller's
   */
  async revoke(tx: Tx, ctx: RequestContext, sessionId: string, reason: SessionRevokedReason): Promise<boolean> {
    const { id: userId } = ctx.principal;
    if (userId === null) throw new Error('a session belongs to somebody');
    if (!(await this.sessions.revoke(tx, sessionId, systemClock.now()))) return false;
    this.tell(tx, ctx, { userId, sessionId, reason });
    await this.revocations.append(tx, 'session_revoked', sessionId);
    return true;
  }

  private tell(tx: Tx, { principal: { tenantId }, traceparent }: SessionsOf, payload: { readonly userId: string; readonly sessionId: string; readonly reason: SessionRevokedReason }): void {
    this.outbox.append(tx, SessionRevokedV1, { aggregateId: payload.sessionId, tenantId, traceparent, payload });
  }
}
