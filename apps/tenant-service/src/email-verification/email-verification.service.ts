import { Injectable } from '@nestjs/common';
import { UserEmailVerifiedV1 } from '@plinth/contracts';
import { Transactor, type Tx } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { systemClock } from '@plinth/kernel';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { AccountsRepository, type SessionAccount } from '../accounts/accounts.repository.js';
import { mailedTokenErrors } from '../mailed-tokens/mailed-tokens.errors.js';
import { MailedTokensRepository } from '../mailed-tokens/mailed-tokens.repository.js';
import { LifeCycleService } from '../tenants/life-cycle.service.js';
import { TenantsRepository } from '../tenants/tenants.repository.js';

/** Takes the proof that an account's address is its owner's. */
@Injectable()
export class EmailVerificationService {
  constructor(
    private readonly transactor: Transactor,
    private readonly accounts: AccountsRepository,
    private readonly tenants: TenantsRepository,
    private readonly lifeCycle: LifeCycleService,
    private readonly tokens: MailedTokensRepository,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
  ) {}

  /**
   * Who owns a tenant that waits for it finds it active. A link that is followed twice, as mail scanners do before the reader, is as good
   * the second time.
   *
   * @throws Problem `mailed_token_invalid` (422)
   */
  async verify(ctx: RequestContext, token: string): Promise<void> {
    const accountId = await this.tokens.findHolder(token);
    const account = accountId === null ? null : await this.accounts.findSessionAccount(accountId);
    if (account === null || account.status !== 'active') throw mailedTokenErrors.tokenInvalid();
    const pending = account.memberships.find(({ tenantStatus, roles }) => tenantStatus === 'pending' && roles.includes('owner'));
    ctx.actAs({ type: 'user', id: account.id, tenantId: pending?.tenantId ?? account.memberships[0]?.tenantId ?? null, roles: [] });
    await this.transactor.run(ctx, async (tx) => {
      const now = systemClock.now();
      const claimed = await this.tokens.claim(tx, token, 'verify_email');
      if (claimed === null || claimed.expiresAt <= now || !claimed.ofAddress) throw mailedTokenErrors.tokenInvalid();
      if (claimed.usedAt !== null) return;
      await this.tokens.useAll(tx, account.id, 'verify_email', now);
      await this.verified(tx, ctx, account, now);
    });
  }

  /** To be called where the account has shown that it reads what its address is sent, in its own transaction. */
  async verified(tx: Tx, ctx: RequestContext, account: SessionAccount, now: Date): Promise<void> {
    if (!(await this.accounts.markEmailVerified(tx, account.id, now))) return;
    this.outbox.append(tx, UserEmailVerifiedV1, { aggregateId: account.id, tenantId: ctx.tenantId, traceparent: ctx.traceparent, payload: { userId: account.id } });
    this.audit.record(tx, ctx, { action: 'auth.verify_email', resource: { type: 'account', id: account.id } });
    const waiting = account.memberships.some(({ tenantId, tenantStatus, roles }) => tenantId === ctx.tenantId && tenantStatus === 'pending' && roles.includes('owner'));
    if (!waiting || ctx.tenantId === null) return;
    const tenant = await this.tenants.claimTenant(tx, ctx.tenantId);
    // An operator may have been faster.
    if (tenant.status === 'pending') await this.lifeCycle.advance(tx, ctx, tenant, 'activate', 'email_verified');
  }
}
