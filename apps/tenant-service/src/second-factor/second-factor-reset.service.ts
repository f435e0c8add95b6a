import { Injectable } from '@nestjs/common';
import { UserSecondFactorResetV1 } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { AccountsRepository } from '../accounts/accounts.repository.js';
import { MailQueue } from '../mail/mail-queue.js';
import { SessionEnd } from '../sessions/session-end.js';
import { homeOf } from '../sessions/session-tokens.js';
import { secondFactorErrors } from './second-factor.errors.js';
import { SecondFactorRepository } from './second-factor.repository.js';

/** What an operator does for whoever has lost the authenticator app and the recovery codes. */
@Injectable()
export class SecondFactorResetService {
  constructor(
    private readonly transactor: Transactor,
    private readonly accounts: AccountsRepository,
    private readonly factors: SecondFactorRepository,
    private readonly ending: SessionEnd,
    private readonly mails: MailQueue,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
  ) {}

  /**
   * Takes the second factor with its recovery codes away and signs the account out everywhere; it stands in the trail of its oldest tenant, an operator's in the
   * platform's, and its owner hears of it by mail. The password is asked for as before. Never one's own, so an operator needs another one.
   *
   * @throws Problem `second_factor_own` (403), `second_factor_not_found` (404)
   */
  async reset(ctx: RequestContext, accountId: string, reason: string): Promise<void> {
    const operator = ctx.principal;
    if (operator.id?.toLowerCase() === accountId.toLowerCase()) throw secondFactorErrors.own();
    const account = await this.accounts.findSessionAccount(accountId);
    if (account === null) throw secondFactorErrors.notFound();
    const tenantId = homeOf(account)?.tenantId ?? null;
    // From here on row-level security speaks of this account; the trail names the operator all the same.
    ctx.actAs({ ...operator, id: accountId, tenantId });
    await this.transactor.run(ctx, async (tx) => {
      const factor = await this.factors.claim(tx, accountId);
      if (factor === null) throw secondFactorErrors.notFound();
      await this.factors.remove(tx, accountId);
      this.outbox.append(tx, UserSecondFactorResetV1, { aggregateId: accountId, tenantId, traceparent: ctx.traceparent, payload: { userId: accountId } });
      const { requestId, traceId, traceparent, clientIp, userAgent } = ctx;
      this.audit.record(
        tx,
        { tenantId, principal: operator, requestId, traceId, traceparent, clientIp, userAgent },
        { action: 'account.reset_second_factor', resource: { type: 'account', id: accountId }, reason, before: { secondFactor: factor.confirmedAt === null ? 'proposed' : 'enabled' }, after: { secondFactor: 'none' } },
      );
      await this.mails.add(tx, 'second_factor_was_reset', await this.accounts.getEmail(tx, accountId));
      // Last, for it takes the lock of the revocation feed.
      await this.ending.revokeAll(tx, ctx, 'revoked');
    });
  }
}
