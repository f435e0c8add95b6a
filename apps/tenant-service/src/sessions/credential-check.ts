import { Injectable } from '@nestjs/common';
import { AccountsRepository, type LoginAccount } from '../accounts/accounts.repository.js';
import { PasswordHasher } from '../accounts/password-hasher.js';
import { LoginAttempts } from '../lock-out/login-attempts.js';

/** What came of an e-mail address and a password. */
export interface CheckedCredentials {
  /** Null where there is none; it costs the same. */
  readonly account: LoginAccount | null;
  /** Whether they are right, and the account in use. */
  readonly right: boolean;
  /** Whether the next try has to wait. */
  readonly locks: boolean;
}

/** Holds an e-mail address and a password against the accounts, as often as is free. */
@Injectable()
export class CredentialCheck {
  constructor(
    private readonly accounts: AccountsRepository,
    private readonly hasher: PasswordHasher,
    private readonly attempts: LoginAttempts,
  ) {}

  /** @throws Problem `too_many_attempts` (429), before the password has been looked at */
  async check(email: string, password: string, clientIp: string | null): Promise<CheckedCredentials> {
    const attempt = await this.attempts.begin(email, clientIp);
    const account = await this.accounts.findLoginAccount(email);
    // An unknown account costs the same time as a wrong password.
    const verified = await this.hasher.verify(account?.passwordHash ?? null, password);
    const right = verified && account?.status === 'active';
    if (right) await this.attempts.succeeded(attempt);
    return { account, right, locks: attempt.locks && !right };
  }
}
