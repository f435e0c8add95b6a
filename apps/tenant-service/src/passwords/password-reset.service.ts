import { Injectable } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { systemClock } from '@plinth/kernel';
import { AccountsRepository } from '../accounts/accounts.repository.js';
import { PasswordHasher } from '../accounts/password-hasher.js';
import { EmailVerificationService } from '../email-verification/email-verification.service.js';
import { mailedTokenErrors } from '../mailed-tokens/mailed-tokens.errors.js';
import { MailedTokensRepository } from '../mailed-tokens/mailed-tokens.repository.js';
import { SessionTokens } from '../sessions/session-tokens.js';
import type { ResetPasswordDto } from './dto/reset-password.dto.js';
import { PasswordReplacement } from './password-replacement.js';
import { requireUncommonPassword } from './password-rules.js';

/** A new password for who has shown to read the account's mail. */
@Injectable()
export class PasswordResetService {
  constructor(
    private readonly transactor: Transactor,
    private readonly accounts: AccountsRepository,
    private readonly tokens: MailedTokensRepository,
    private readonly hasher: PasswordHasher,
    private readonly sessionTokens: SessionTokens,
    private readonly verification: EmailVerificationService,
    private readonly replacement: PasswordReplacement,
  ) {}

  /** Each token is good once, and with it all that were sent before. It proves the address, too. @throws Problem `mailed_token_invalid`, `password_too_common` (422) */
  async reset(ctx: RequestContext, { token, password }: ResetPasswordDto): Promise<void> {
    const accountId = await this.tokens.findHolder(token);
    const account = accountId === null ? null : await this.accounts.findSessionAccount(accountId);
    if (account === null || account.status !== 'active') throw mailedTokenErrors.tokenInvalid();
    const email = await this.transactor.read({ tenantId: null, principalId: account.id }, (conn) => this.accounts.getEmail(conn, account.id));
    requireUncommonPassword(password, email);
    const passwordHash = await this.hasher.hash(password); // before the transaction: it takes a while
    ctx.actAs(this.sessionTokens.principalOf(account));
    await this.transactor.run(ctx, async (tx) => {
      const now = systemClock.now();
      const claimed = await this.tokens.claim(tx, token, 'reset_password');
      if (claimed === null || claimed.usedAt !== null || claimed.expiresAt <= now || !claimed.ofAddress) throw mailedTokenErrors.tokenInvalid();
      await this.tokens.useAll(tx, account.id, 'reset_password', now);
      await this.verification.verified(tx, ctx, account, now);
      await this.accounts.setPasswordHash(tx, account.id, passwordHash, now);
      await this.replacement.tell(tx, ctx, 'reset', { accountId: account.id, email });
    });
  }
}
