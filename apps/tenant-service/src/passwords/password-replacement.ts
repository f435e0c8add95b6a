import { Injectable } from '@nestjs/common';
import { PasswordChangedV1, PasswordResetV1 } from '@plinth/contracts';
import type { Tx } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { LoginAttempts } from '../lock-out/login-attempts.js';
import { MailQueue } from '../mail/mail-queue.js';
import { SessionEnd } from '../sessions/session-end.js';

const ways = {
  changed: { event: PasswordChangedV1, action: 'auth.change_password', mail: 'password_was_changed' },
  reset: { event: PasswordResetV1, action: 'auth.reset_password', mail: 'password_was_reset' },
} as const;

/** Whose password is another now. */
export interface ReplacedPassword {
  readonly accountId: string;
  readonly email: string;
  /** The session that goes on: of who has just shown to know the password. */
  readonly keepSessionId?: string;
}

/** What a new password brings along: whoever was signed in by the old one is signed out, the owner hears of it, and is locked out no more. */
@Injectable()
export class PasswordReplacement {
  constructor(
    private readonly attempts: LoginAttempts,
    private readonly ending: SessionEnd,
    private readonly queue: MailQueue,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
  ) {}

  /** In the transaction of the change, which speaks for the account. Call it last: it takes the lock of the revocation feed. */
  async tell(tx: Tx, ctx: RequestContext, how: keyof typeof ways, { accountId, email, keepSessionId }: ReplacedPassword): Promise<void> {
    const { event, action, mail } = ways[how];
    await this.attempts.succeeded(tx, { email, clientIp: ctx.clientIp });
    this.outbox.append<{ userId: string }>(tx, event, { aggregateId: accountId, tenantId: ctx.tenantId, traceparent: ctx.traceparent, payload: { userId: accountId } });
    this.audit.record(tx, ctx, { action, resource: { type: 'account', id: accountId } });
    await this.queue.add(tx, mail, email);
    await this.ending.revokeAll(tx, ctx, 'revoked', keepSessionId);
  }
}
