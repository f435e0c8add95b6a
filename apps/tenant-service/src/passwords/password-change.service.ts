import { Injectable } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { systemClock } from '@plinth/kernel';
import { AccountsRepository } from '../accounts/accounts.repository.js';
import { PasswordHasher } from '../accounts/password-hasher.js';
import { OwnPassword } from '../sessions/own-password.js';
import type { ChangePasswordDto } from './dto/change-password.dto.js';
import { PasswordReplacement } from './password-replacement.js';
import { requireUncommonPassword } from './password-rules.js';

/** A new password for who knows the current one. */
@Injectable()
export class PasswordChangeService {
  constructor(
    private readonly transactor: Transactor,
    private readonly accounts: AccountsRepository,
    private readonly hasher: PasswordHasher,
    private readonly own: OwnPassword,
    private readonly replacement: PasswordReplacement,
  ) {}

  /**
   * All sessions end but the caller's. A wrong current password is a rejection, so that the try is audited.
   *
   * @throws Problem `password_too_common` (422), `session_required` (403) for a caller without a session, `too_many_attempts` (429)
   */
  async change(ctx: RequestContext, { currentPassword, newPassword }: ChangePasswordDto) {
    const own = await this.own.read(ctx);
    const { accountId, sessionId, email, passwordHash: currentHash } = own;
    requireUncommonPassword(newPassword, email, '/newPassword');
    const known = await this.own.verify(ctx, own, currentPassword);
    // Before the transaction: it takes a while.
    const passwordHash = known ? await this.hasher.hash(newPassword) : null;
    return await this.transactor.run(ctx, async (tx) => {
      // What was right a moment ago is wrong if another change was faster.
      const replaced = passwordHash !== null && (await this.accounts.replacePasswordHash(tx, accountId, currentHash, passwordHash, systemClock.now()));
      if (!replaced) return this.own.refuse(tx, ctx, own, 'auth.change_password');
      await this.replacement.tell(tx, ctx, 'changed', { accountId, email, keepSessionId: sessionId });
      return undefined;
    });
  }
}
