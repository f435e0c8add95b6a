import { Injectable } from '@nestjs/common';
import { UserEmailChangedV1 } from '@plinth/contracts';
import type { Tx } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { MailQueue } from '../mail/mail-queue.js';

/** Whose address is another now. */
interface ChangedEmail {
  readonly accountId: string;
  readonly before: string;
  readonly after: string;
}

/** What a change of address brings along: the event, the trail, and a mail to the address before. */
@Injectable()
export class EmailChangeRecord {
  constructor(
    private readonly mails: MailQueue,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
  ) {}

  requested(tx: Tx, ctx: RequestContext, accountId: string): void {
    this.audit.record(tx, ctx, { action: 'auth.request_email_change', resource: { type: 'account', id: accountId } });
  }

  async tell(tx: Tx, ctx: RequestContext, { accountId, before, after }: ChangedEmail): Promise<void> {
    this.outbox.append(tx, UserEmailChangedV1, { aggregateId: accountId, tenantId: ctx.tenantId, traceparent: ctx.traceparent, payload: { userId: accountId } });
    this.audit.record(tx, ctx, {
      ...{ action: 'auth.change_email', resource: { type: 'account', id: accountId } },
      ...{ before: { email: before }, after: { email: after }, personal: ['/before/email', '/after/email'] },
    });
    await this.mails.add(tx, 'email_was_changed', before);
  }
}
