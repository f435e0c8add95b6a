import { Injectable } from '@nestjs/common';
import type { Tx } from '@plinth/database';
import type { Problem } from '@plinth/kernel';
import { AccountsRepository, type LoginAccount } from '../accounts/accounts.repository.js';
import { PasswordHasher } from '../accounts/password-hasher.js';
import { LoginAttempts, type Attempt } from '../lock-out/login-attempts.js';
import { SecondFactorCheck } from '../second-factor/second-factor-check.js';
import { secondFactorErrors } from '../second-factor/second-factor.errors.js';
import { sessionErrors } from './sessions.errors.js';

/** What came of an e-mail address and a password. */
export interface CheckedCredentials {
  /** Null where there is none; it costs the same. */
  readonly account: LoginAccount | null;
  /** Whether they are right, and the account in use. */
  readonly right: boolean;
  /** Of the same password, where the account's hash is weaker than those of today; else null. */
  readonly strongerHash: string | null;
  readonly attempt: Attempt;
}

/** What came of a sign-in, in its transaction. */
export type ConfirmedSignIn =
  | { readonly refusal: null; /** What it was confirmed by. */ readonly by: 'password' | 'code' | 'recovery_code' }
  | { readonly refusal: Problem };

/** Holds an e-mail address and a password against the accounts, as often as is free. */
@Injectable()
export class CredentialCheck {
  constructor(
    private readonly accounts: AccountsRepository,
    private readonly hasher: PasswordHasher,
    private readonly attempts: LoginAttempts,
    private readonly factors: SecondFactorCheck,
  ) {}

  /** @throws Problem `too_many_attempts` (429), before the password has been looked at */
  async check(email: string, password: string, clientIp: string | null): Promise<CheckedCredentials> {
    const attempt = await this.attempts.begin(email, clientIp);
    const account = await this.accounts.findLoginAccount(email);
    // An unknown account costs the same time as a wrong password.
    const verified = await this.hasher.verify(account?.passwordHash ?? null, password);
    const right = verified && account?.status === 'active';
    // Only now is the password known to be the one: a second hash, once for each account and raise of the parameters.
    const strongerHash = right && this.hasher.isWeak(account.passwordHash) ? await this.hasher.hash(password) : null;
    return { account, right, strongerHash, attempt };
  }

  /**
   * Whether whoever knows the password is let in: with the code that the account asks for. In the transaction that opens the session, for an account
   * may have got a second factor or another password since; it stays as it is until the transaction ends. A code that is taken is used up.
   */
  async confirm(tx: Tx, account: LoginAccount, { attempt, strongerHash }: Omit<CheckedCredentials, 'account'>, code: string | undefined, now: Date): Promise<ConfirmedSignIn> {
    if (strongerHash !== null) await this.accounts.rehashPassword(tx, account.id, account.passwordHash, strongerHash);
    // A change of the password while it was being verified has ended all sessions: the new one would outlive it.
    if (!(await this.accounts.holdAsVerified(tx, account))) return { refusal: sessionErrors.credentialsInvalid() };
    const checked = await this.factors.check(tx, account.id, code, now);
    if (checked === 'missing') return { refusal: secondFactorErrors.required() };
    if (checked === 'wrong') return { refusal: secondFactorErrors.invalid() };
    await this.attempts.succeeded(tx, attempt);
    return { refusal: null, by: checked === 'none' ? 'password' : checked };
  }
}
