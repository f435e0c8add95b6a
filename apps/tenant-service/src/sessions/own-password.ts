import { Injectable } from '@nestjs/common';
import { authErrors } from '@plinth/auth';
import { Transactor, type Tx } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { reject } from '@plinth/kernel';
import { AuditTrail } from '@plinth/outbox';
import { AccountsRepository } from '../accounts/accounts.repository.js';
import { PasswordHasher } from '../accounts/password-hasher.js';
import { LoginAttempts } from '../lock-out/login-attempts.js';
import { passwordErrors } from '../passwords/passwords.errors.js';

/** Who calls, as its account knows it. */
export interface OwnAccount {
  readonly accountId: string;
  readonly sessionId: string;
  readonly email: string;
  readonly passwordHash: string;
}

/** Asks a caller who has signed in for the password once more: a stolen session must not be enough, and no way to guess it. */
@Injectable()
export class OwnPassword {
  constructor(
    private readonly transactor: Transactor,
    private readonly accounts: AccountsRepository,
    private readonly hasher: PasswordHasher,
    private readonly attempts: LoginAttempts,
    private readonly audit: AuditTrail,
  ) {}

  /** @throws Problem `session_required` (403) for a caller without a session */
  async read(ctx: RequestContext): Promise<OwnAccount> {
    const { id: accountId, sessionId } = ctx.principal;
    if (accountId === null || sessionId === undefined) throw authErrors.sessionRequired();
    const credentials = await this.transactor.read(ctx, (conn) => this.accounts.getCredentials(conn, accountId));
    return { accountId, sessionId, ...credentials };
  }

  /** Counts as a sign-in that failed until `succeeded` is called. @throws Problem `too_many_attempts` (429) */
  async verify(ctx: RequestContext, { email, passwordHash }: OwnAccount, password: string): Promise<boolean> {
    await this.attempts.begin(email, ctx.clientIp);
    return await this.hasher.verify(passwordHash, password);
  }

  /** Whether the password that was verified is the account's still; it stays so until the transaction ends. */
  async holds(tx: Tx, { accountId, passwordHash }: OwnAccount): Promise<boolean> {
    return await this.accounts.holdAsVerified(tx, { id: accountId, passwordHash });
  }

  /** Whoever calls has shown all that was asked for. */
  async succeeded(tx: Tx, ctx: RequestContext, { email }: OwnAccount): Promise<void> {
    await this.attempts.succeeded(tx, { email, clientIp: ctx.clientIp });
  }

  /** A rejection, so that the try stays in the trail. */
  refuse(tx: Tx, ctx: RequestContext, { accountId }: OwnAccount, action: string) {
    this.audit.record(tx, ctx, { action, resource: { type: 'account', id: accountId }, outcome: 'failure', reason: 'password_wrong' });
    return reject(passwordErrors.wrong());
  }
}
