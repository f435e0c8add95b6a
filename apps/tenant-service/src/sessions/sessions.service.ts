import { Injectable } from '@nestjs/common';
import { hashSessionCookie, newSessionCookie } from '@plinth/auth';
import { UserLockedV1, UserLoggedInV1 } from '@plinth/contracts';
import { Transactor, type Tx } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { newId, reject, systemClock, type Problem } from '@plinth/kernel';
import { AuditTrail, Outbox } from '@plinth/outbox';
import type { LoginAccount } from '../accounts/accounts.repository.js';
import { MailQueue } from '../mail/mail-queue.js';
import { CredentialCheck, type CheckedCredentials } from './credential-check.js';
import { deviceOf } from './device.js';
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
    private readonly sessions: SessionsRepository,
    private readonly credentials: CredentialCheck,
    private readonly tokens: SessionTokens,
    private readonly mails: MailQueue,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
  ) {}

  /** Opens a session. Returns a rejection for wrong credentials or a missing or wrong code, so that the failed try is audited. @throws Problem `too_many_attempts` (429) */
  async login(ctx: RequestContext, { email, password, code, session = 'token' }: LoginDto) {
    const { account, ...checked } = await this.credentials.check(email, password, ctx.clientIp);
    if (account === null || !checked.right) return await this.refuse(ctx, account, checked.attempt.locks);
    // An operator belongs to no tenant, so the sign-in stands in the platform's log.
    ctx.actAs(this.tokens.principalOf(account));
    return await this.open(ctx, account, checked, { code, session });
  }

  private async refuse(ctx: RequestContext, account: LoginAccount | null, locks: boolean) {
    // Into the trail of the account's tenant, for its owner to see; without one, into the platform's.
    ctx.actAs({ type: 'anonymous', id: null, tenantId: account === null ? null : (homeOf(account)?.tenantId ?? null), roles: [] });
    return await this.transactor.run(ctx, (tx) => Promise.resolve(this.refusal(tx, ctx, account, locks, sessionErrors.credentialsInvalid())));
  }

  private refusal(tx: Tx, ctx: RequestContext, account: LoginAccount | null, locks: boolean, problem: Problem) {
    const resource = { type: 'account', id: account?.id ?? null };
    if (locks) {
      this.audit.record(tx, ctx, { action: 'auth.lock', resource, reason: 'too_many_attempts' });
      if (account !== null) this.outbox.append(tx, UserLockedV1, { aggregateId: account.id, tenantId: ctx.tenantId, traceparent: ctx.traceparent, payload: { userId: account.id } });
    }
    this.audit.record(tx, ctx, { action: 'auth.login', resource, outcome: 'failure', reason: problem.code });
    return reject(problem);
  }

  private async open(ctx: RequestContext, account: LoginAccount, checked: Omit<CheckedCredentials, 'account'>, { code, session: kind }: Required<Pick<LoginDto, 'session'>> & { code: string | undefined }) {
    const now = systemClock.now();
    const sessionId = newId();
    const credential = newCredential(kind);
    const expiresAt = expiryOf(now, now);
    return await this.transactor.run(ctx, async (tx) => {
      const confirmed = await this.credentials.confirm(tx, account, checked, code, now);
      if (confirmed.refusal !== null) return this.refusal(tx, ctx, account, checked.attempt.locks, confirmed.refusal);
      const secondFactor = confirmed.by !== 'password';
      await this.sessions.insert(tx, {
        id: sessionId,
        accountId: account.id,
        credential,
        createdAt: now,
        expiresAt,
        secondFactor,
        device: deviceOf(ctx),
      });
      this.outbox.append(tx, UserLoggedInV1, {
        aggregateId: account.id,
        tenantId: ctx.tenantId,
        traceparent: ctx.traceparent,
        payload: { userId: account.id, sessionId },
      });
      this.audit.record(tx, ctx, { action: 'auth.login', resource: { type: 'account', id: account.id }, ...(secondFactor ? { after: { confirmedBy: confirmed.by } } : {}) });
      if (confirmed.by === 'recovery_code') await this.mails.add(tx, 'recovery_code_was_used', account.email);
      if (kind === 'cookie') return this.tokens.hand(credential.text, { id: sessionId, expiresAt });
      return await this.tokens.issue(account, { sessionId, secondFactor }, credential.text);
    });
  }
}

function newCredential(kind: 'token' | 'cookie') {
  if (kind === 'token') {
    const text = newRefreshToken();
    return { kind, text, hash: hashRefreshToken(text) };
  }
  const text = newSessionCookie();
  return { kind, text, hash: Buffer.from(hashSessionCookie(text), 'hex') };
}
