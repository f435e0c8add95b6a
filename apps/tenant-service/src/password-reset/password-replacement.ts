import { Injectable } from '@nestjs/common';
import { PasswordResetV1 } from '@plinth/contracts';
import type { Tx } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { AccountsRepository } from '../accounts/accounts.repository.js';
import { MailQueue } from '../mail/mail-queue.js';
import { SessionEnd } from '../sessions/session-end.js';

/** What a new password brings along: everybody is signed out, and the owner hears of it. */
@Injectable()
export class PasswordReplacement {
  constructor(
    private readonly accounts: AccountsRepository,
    private readonly ending: SessionEnd,
    private readonly queue: MailQueue,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
  ) {}

  /** In the caller's transaction, which speaks for the account. Call it last: it takes the lock of the revocation feed. */
  async replace(tx: Tx, ctx: RequestContext, accountId: string, passwordHash: string, at: Date): Promise<void> {
    await this.accounts.setPasswordHash(tx, accountId, passwordHash, at);
    this.outbox.append(tx, PasswordResetV1, { aggregateId: accountId, tenantId: ctx.tenantId, traceparent: ctx.traceparent, payload: { userId: accountId } });
    this.audit.record(tx, ctx, { action: 'auth.reset_password', resource: { type: 'account', id: accountId } });
    await this.queue.add(tx, 'password_was_reset', await this.accounts.getEmail(tx, accountId));
    await this.ending.revokeAll(tx, ctx, 'revoked');
  }
}
