import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AccessTokenIssuer } from '@plinth/auth';
import { UserLoggedInV1, UserLoggedOutV1 } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { newId, reject, systemClock } from '@plinth/kernel';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { AccountsRepository, type LoginAccount } from '../accounts/accounts.repository.js';
import { PasswordHasher } from '../accounts/password-hasher.js';
import { RevocationsRepository } from '../revocations/revocations.repository.js';
import type { LoginDto } from './dto/login.dto.js';
import { sessionErrors } from './sessions.errors.js';
import { SessionsRepository } from './sessions.repository.js';

const refreshTokenDays = 30;

@Injectable()
export class SessionsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly accounts: AccountsRepository,
    private readonly sessions: SessionsRepository,
    private readonly revocations: RevocationsRepository,
    private readonly hasher: PasswordHasher,
    private readonly tokens: AccessTokenIssuer,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
  ) {}

  /** Opens a session. Returns a rejection for wrong credentials, so that the failed try is audited. */
  async login(ctx: RequestContext, { email, password }: LoginDto) {
    const account = await this.accounts.findLoginAccount(email);
    // An unknown account costs the same time as a wrong password.
    const verified = await this.hasher.verify(account?.passwordHash ?? null, password);
    if (account === null || !verified || account.status !== 'active') return await this.refuse(ctx, account);
    const active = homeOf(account);
    // An operator belongs to no tenant, so the sign-in stands in the platform's log.
    const isOperator = account.operatorRoles.length > 0;
    const roles = isOperator ? account.operatorRoles : active ? [active.role] : [];
    ctx.actAs({ type: isOperator ? 'operator' : 'user', id: account.id, tenantId: active?.tenantId ?? null, roles });
    return await this.open(ctx, account);
  }

  private async refuse(ctx: RequestContext, account: LoginAccount | null) {
    // Into the trail of the account's tenant, for its owner to see; without one, into the platform's.
    ctx.actAs({ type: 'anonymous', id: null, tenantId: account === null ? null : (homeOf(account)?.tenantId ?? null), roles: [] });
    return await this.transactor.run(ctx, async (tx) => {
      this.audit.record(tx, ctx, {
        action: 'auth.login',
        resource: { type: 'account', id: account?.id ?? null },
        outcome: 'failure',
        reason: 'credentials_invalid',
      });
      return await Promise.resolve(reject(sessionErrors.credentialsInvalid()));
    });
  }

  private async open(ctx: RequestContext, account: LoginAccount) {
    const now = systemClock.now();
    const sessionId = newId();
    const refreshToken = randomBytes(32).toString('base64url');
    const { operatorRoles } = account;
    const memberships = operatorRoles.length > 0 ? [] : account.memberships.map(({ tenantId, role }) => ({ tenantId, roles: [role] }));
    const access = await this.tokens.issue({ userId: account.id, sessionId, memberships, operatorRoles });
    return await this.transactor.run(ctx, async (tx) => {
      await this.sessions.insert(tx, {
        id: sessionId,
        accountId: account.id,
        refreshTokenHash: createHash('sha256').update(refreshToken).digest(),
        createdAt: now,
        expiresAt: new Date(now.getTime() + refreshTokenDays * 86_400_000),
      });
      this.outbox.append(tx, UserLoggedInV1, {
        aggregateId: account.id,
        tenantId: ctx.tenantId,
        traceparent: ctx.traceparent,
        payload: { userId: account.id, sessionId },
      });
      this.audit.record(tx, ctx, { action: 'auth.login', resource: { type: 'account', id: account.id } });
      return { accessToken: access.token, refreshToken, expiresIn: access.expiresInSeconds, tokenType: 'Bearer' };
    });
  }

  /** Ends the caller's session; to end one that has ended changes nothing. @throws Problem `session_required` (403) for a caller without one */
  async logout(ctx: RequestContext): Promise<void> {
    const { id: accountId, sessionId } = ctx.principal;
    if (accountId === null || sessionId === undefined) throw sessionErrors.sessionRequired();
    await this.transactor.run(ctx, async (tx) => {
      if (!(await this.sessions.revoke(tx, sessionId, systemClock.now()))) return;
      this.outbox.append(tx, UserLoggedOutV1, {
        aggregateId: accountId,
        tenantId: ctx.tenantId,
        traceparent: ctx.traceparent,
        payload: { userId: accountId, sessionId },
      });
      this.audit.record(tx, ctx, { action: 'auth.logout', resource: { type: 'account', id: accountId } });
      await this.revocations.append(tx, 'session_revoked', sessionId);
    });
  }
}

/** The tenant that a login is for: the oldest membership, and none for an operator. */
function homeOf({ memberships, operatorRoles }: LoginAccount) {
  return operatorRoles.length > 0 ? undefined : memberships[0];
}
