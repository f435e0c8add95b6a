import { Injectable } from '@nestjs/common';
import { UserSecondFactorDisabledV1, UserSecondFactorEnabledV1 } from '@plinth/contracts';
import type { Tx } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { MailQueue } from '../mail/mail-queue.js';
import { RevocationsRepository } from '../revocations/revocations.repository.js';
import type { OwnAccount } from '../sessions/own-password.js';
import { SessionEnd } from '../sessions/session-end.js';
import { SessionsRepository } from '../sessions/sessions.repository.js';

const ways = {
  enabled: { event: UserSecondFactorEnabledV1, action: 'auth.enable_second_factor', mail: 'second_factor_was_enabled' },
  disabled: { event: UserSecondFactorDisabledV1, action: 'auth.disable_second_factor', mail: 'second_factor_was_disabled' },
} as const;

/** What a second factor that comes or goes brings along: the owner hears of it by mail, the trail and the outbox too. */
@Injectable()
export class SecondFactorChange {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly ending: SessionEnd,
    private readonly revocations: RevocationsRepository,
    private readonly mails: MailQueue,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
  ) {}

  /** The caller's session is as good as one that was opened with it; all others end. Call it last: it takes the lock of the revocation feed. */
  async enabled(tx: Tx, ctx: RequestContext, own: OwnAccount): Promise<void> {
    await this.sessions.markSecondFactor(tx, own.sessionId);
    await this.tell(tx, ctx, 'enabled', own);
    await this.ending.revokeAll(tx, ctx, 'revoked', own.sessionId);
    // An operator may be one in this session only now.
    await this.revocations.append(tx, 'memberships_changed', own.accountId);
  }

  async disabled(tx: Tx, ctx: RequestContext, own: OwnAccount): Promise<void> {
    await this.tell(tx, ctx, 'disabled', own);
  }

  /** @param failure why it came to nothing; absent where it did not */
  record(tx: Tx, ctx: RequestContext, action: string, failure?: string): void {
    this.audit.record(tx, ctx, { action, resource: { type: 'account', id: ctx.principal.id }, ...(failure === undefined ? {} : { outcome: 'failure', reason: failure }) });
  }

  private async tell(tx: Tx, ctx: RequestContext, how: keyof typeof ways, { accountId, email }: OwnAccount): Promise<void> {
    const { event, action, mail } = ways[how];
    this.outbox.append<{ userId: string }>(tx, event, { aggregateId: accountId, tenantId: ctx.tenantId, traceparent: ctx.traceparent, payload: { userId: accountId } });
    this.record(tx, ctx, action);
    await this.mails.add(tx, mail, email);
  }
}
