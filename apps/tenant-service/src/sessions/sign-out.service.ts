import { Injectable } from '@nestjs/common';
import { SessionCookie } from '@plinth/auth';
import { UserLoggedOutV1 } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import { Answer, type RequestContext } from '@plinth/http';
import { systemClock } from '@plinth/kernel';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { RevocationsRepository } from '../revocations/revocations.repository.js';
import { sessionOf } from './own-sessions.service.js';
import { SessionsRepository } from './sessions.repository.js';

/** The end of a session by whoever has it. */
@Injectable()
export class SignOutService {
  constructor(
    private readonly transactor: Transactor,
    private readonly sessions: SessionsRepository,
    private readonly revocations: RevocationsRepository,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
    private readonly cookie: SessionCookie,
  ) {}

  /** To end a session that has ended changes nothing; a browser forgets its cookie all the same. @throws Problem `session_required` (403) for a caller without a session */
  async logout(ctx: RequestContext): Promise<Answer<undefined>> {
    const { accountId, sessionId } = sessionOf(ctx.principal);
    return await this.transactor.run(ctx, async (tx) => {
      const answer = new Answer(undefined, (await this.sessions.isOfBrowser(tx, sessionId)) ? { 'set-cookie': this.cookie.cleared } : {});
      if (!(await this.sessions.revoke(tx, sessionId, systemClock.now()))) return answer;
      this.outbox.append(tx, UserLoggedOutV1, {
        aggregateId: accountId,
        tenantId: ctx.tenantId,
        traceparent: ctx.traceparent,
        payload: { userId: accountId, sessionId },
      });
      this.audit.record(tx, ctx, { action: 'auth.logout', resource: { type: 'account', id: accountId } });
      await this.revocations.append(tx, 'session_revoked', sessionId);
      return answer;
    });
  }
}
