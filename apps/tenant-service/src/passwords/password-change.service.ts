import { Injectable } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { reject, systemClock } from '@plinth/kernel';
import { AuditTrail } from '@plinth/outbox';
import { AccountsRepository } from '../accounts/accounts.repository.js';
import { PasswordHasher } from '../accounts/password-hasher.js';
import { LoginAttempts } from '../lock-out/login-attempts.js';
import { sessionErrors } from '../sessions/sessions.errors.js';
import type { ChangePasswordDto } from './dto/change-password.dto.js';
import { PasswordReplacement } from './password-replacement.js';
import { requireUncommonPassword } from './password-rules.js';
import { passwordErrors } from './passwords.errors.js';

/** A new password for who knows the current one. */
@Injectable()
export class PasswordChangeService {
  constructor(
    private readonly transactor: Transactor,
    private readonly accounts: AccountsRepository,
    private readonly hasher: PasswordHasher,
    private readonly attempts: LoginAttempts,
    private readonly replacement: PasswordReplacement,
    private readonly audit: AuditTrail,
  ) {}

  /**
   * All sessions end but the caller's. A wrong current password is a rejection, so that the try is audited.
   *
   * @throws Problem `password_too_common` (422), `session_required` (403) for a caller without a session, `too_many_attempts` (429)
   */
  async change(ctx: RequestContext, { currentPassword, newPassword }: ChangePasswordDto) {
    const { id: accountId, sessionId } = ctx.principal;
    if (accountId === null || sessionId === undefined) throw sessionErrors.sessionRequired();
    const { email, passwordHash: currentHash } = await this.transactor.read(ctx, (conn) => this.accounts.getCredentials(conn, accountId));
    requireUncommonPassword(newPassword, email, '/newPassword');
    // Who has stolen a session must not guess the password by it.
    await this.attempts.begin(email, ctx.clientIp);
    const known = await this.hasher.verify(currentHash, currentPassword);
    // Before the transaction: it takes a while.
    const passwordHash = known ? await this.hasher.hash(newPassword) : null;
    return await this.transactor.run(ctx, async (tx) => {
      // What was right a moment ago is wrong if another change was faster.
      const replaced = passwordHash !== null && (await this.accounts.replacePasswordHash(tx, accountId, currentHash, passwordHash, systemClock.now()));
      if (!replaced) {
        this.audit.record(tx, ctx, { action: 'auth.change_password', resource: { type: 'account', id: accountId }, outcome: 'failure', reason: 'password_wrong' });
        return reject(passwordErrors.wrong());
      }
      await this.replacement.tell(tx, ctx, 'changed', { accountId, email, keepSessionId: sessionId });
      return undefined;
    });
  }
}
