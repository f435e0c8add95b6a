import { Injectable } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { AuditTrail } from '@plinth/outbox';
import type { MailKind } from './mail-kinds.js';
import { MailQueue } from './mail-queue.js';

/** Takes down that a mail was asked for, by anybody, for any address. */
@Injectable()
export class MailRequestsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly queue: MailQueue,
    private readonly audit: AuditTrail,
  ) {}

  /** The same for every address, in its answer and in its time: whether an account has it is looked at later, by the sender. */
  async request(ctx: RequestContext, kind: MailKind, email: string): Promise<void> {
    await this.transactor.run(ctx, async (tx) => {
      await this.queue.add(tx, kind, email);
      this.audit.record(tx, ctx, { action: `mail.request_${kind}`, resource: { type: 'account', id: null } });
    });
  }
}
