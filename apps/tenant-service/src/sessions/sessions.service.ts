import { Injectable } from '@nestjs/common';
import { UserLockedV1, UserLoggedInV1 } from '@plinth/contracts';
import { Transactor, type Tx } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { newId, reject, systemClock } from '@plinth/kernel';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { AccountsRepository, type LoginAccount } from '../accounts/accounts.repository.js';
import { CredentialCheck } from './credential-check.js';
import type { LoginDto } from './dto/login.dto.js';
import { hashRefreshToken, newRefreshToken } from './refresh-token.js';
import { expiryOf } from './session-lifetime.js';
import { homeOf, SessionTokens } from './session-tokens.js';
import { sessionErrors } from './sessions.errors.js';
import { SessionsRepository } from './sessions.repository.js';

@Injectable()
export class SessionsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly accounts: AccountsRepository,
    private readonly sessions: SessionsRepository,
    private readonly credentials: CredentialCheck,
    private readonly tokens: SessionTokens,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
  ) {}

  /** Opens a session. Returns a rejection for wrong credentials, so that the failed try is audited. @throws Problem `too_many_attempts` (429) */
  async login(ctx: RequestContext, { email, password }: LoginDto) {
    const { account, right, locks } = await this.credentials.check(email, password, ctx.clientIp);
    if (account === null || !right) return await this.refuse(ctx, account, locks);
    // An operator belongs to no tenant, so the sign-in stands in the platform's log.
    ctx.actAs(this.tokens.principalOf(account));
    return await this.open(ctx, account);
  }

  private async refuse(ctx: RequestContext, account: LoginAccount | null, locks: boolean) {
    // Into the trail of the account's tenant, for its owner to see; without one, into the platform's.
    ctx.actAs({ type: 'anonymous', id: null, tenantId: account === null ? null : (homeOf(account)?.tenantId ?? null), roles: [] });
    return await this.transactor.run(ctx, async (tx) => {
      if (locks) this.tellLocked(tx, ctx, account);
      return await Promise.resolve(this.refusal(tx, ctx, account));
    });
  }

  private tellLocked(tx: Tx, ctx: RequestContext, account: LoginAccount | null): void {
    this.audit.record(tx, ctx, { action: 'auth.lock', resource: { type: 'account', id: account?.id ?? null }, reason: 'too_many_attempts' });
    if (account === null) return;
    this.outbox.append(tx, UserLockedV1, { aggregateId: account.id, tenantId: ctx.tenantId, traceparent: ctx.traceparent, payload: { userId: account.id } });
  }

  private refusal(tx: Tx, ctx: RequestContext, account: LoginAccount | null) {
    this.audit.record(tx, ctx, {
      action: 'auth.login',
      resource: { type: 'account', id: account?.id ?? null },
      outcome: 'failure',
      reason: 'credentials_invalid',
    });
    return reject(sessionErrors.credentialsInvalid());
  }

  private async open(ctx: RequestContext, account: LoginAccount) {
    const now = systemClock.now();
    const sessionId = newId();
    const refreshToken = newRefreshToken();
    const answer = await this.tokens.issue(account, sessionId, refreshToken);
    return await this.transactor.run(ctx, async (tx) => {
      // A change of the password while it was being verified has ended all sessions: this one would outlive it.
      if (!(await this.accounts.holdAsVerified(tx, account))) return this.refusal(tx, ctx, account);
      await this.sessions.insert(tx, {
        id: sessionId,
        accountId: account.id,
        refreshTokenHash: hashRefreshToken(refreshToken),
        createdAt: now,
        expiresAt: expiryOf(now, now),
      });
      this.outbox.append(tx, UserLoggedInV1, {
        aggregateId: account.id,
        tenantId: ctx.tenantId,
        traceparent: ctx.traceparent,
        payload: { userId: account.id, sessionId },
      });
      this.audit.record(tx, ctx, { action: 'auth.login', resource: { type: 'account', id: account.id } });
      return answer;
    });
  }
}
