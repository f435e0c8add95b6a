import { Injectable } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { systemClock } from '@plinth/kernel';
import { AccountsRepository } from '../accounts/accounts.repository.js';
import { MailQueue } from '../mail/mail-queue.js';
import { mailedTokenLifetimeMs } from '../mailed-tokens/mailed-token.js';
import { mailedTokenErrors } from '../mailed-tokens/mailed-tokens.errors.js';
import { MailedTokensRepository } from '../mailed-tokens/mailed-tokens.repository.js';
import { OwnPassword } from '../sessions/own-password.js';
import { SessionTokens } from '../sessions/session-tokens.js';
import type { ChangeEmailDto } from './dto/email-change.dto.js';
import { emailChangeErrors } from './email-change.errors.js';
import { EmailChangeRecord } from './email-change-record.js';

const purpose = 'change_email';

/** Another address for an account: by the password, and by a link that was sent to the new one. */
@Injectable()
export class EmailChangeService {
  constructor(
    private readonly transactor: Transactor,
    private readonly own: OwnPassword,
    private readonly accounts: AccountsRepository,
    private readonly tokens: MailedTokensRepository,
    private readonly sessionTokens: SessionTokens,
    private readonly mails: MailQueue,
    private readonly changed: EmailChangeRecord,
  ) {}

  /**
   * Sends the link. The same whether another account has the address: only who reads its mail is told.
   *
   * @throws Problem `session_required` (403), `too_many_attempts`, `email_changes_too_many` (429); `password_wrong` (403) is a rejection
   */
  async request(ctx: RequestContext, { password, email }: ChangeEmailDto) {
    const own = await this.own.read(ctx);
    const right = await this.own.verify(ctx, own, password);
    return await this.transactor.run(ctx, async (tx) => {
      if (!right || !(await this.own.holds(tx, own))) return this.own.refuse(tx, ctx, own, 'auth.request_email_change');
      await this.own.succeeded(tx, ctx, own);
      const createdAt = systemClock.now();
      const expiresAt = new Date(createdAt.getTime() + mailedTokenLifetimeMs[purpose]);
      const token = await this.mails.addWithToken(tx, purpose, email);
      if (!(await this.tokens.insert(tx, { token, purpose, accountId: own.accountId, email, createdAt, expiresAt }))) throw emailChangeErrors.tooMany();
      this.changed.requested(tx, ctx, own.accountId);
      return undefined;
    });
  }

  /** Good once. The address is proved by it, and the one before is told. @throws Problem `mailed_token_invalid` (422), `email_taken` (409) */
  async confirm(ctx: RequestContext, token: string): Promise<void> {
    const accountId = await this.tokens.findHolder(token);
    const account = accountId === null ? null : await this.accounts.findSessionAccount(accountId);
    if (account === null || account.status !== 'active') throw mailedTokenErrors.tokenInvalid();
    ctx.actAs(this.sessionTokens.principalOf(account));
    await this.transactor.run(ctx, async (tx) => {
      const now = systemClock.now();
      const claimed = await this.tokens.claim(tx, token, purpose);
      if (claimed === null || claimed.usedAt !== null || claimed.expiresAt <= now) throw mailedTokenErrors.tokenInvalid();
      const before = await this.accounts.getEmail(tx, account.id);
      await this.tokens.useAll(tx, account.id, purpose, now);
      await this.accounts.replaceEmail(tx, account.id, claimed.email, now);
      await this.changed.tell(tx, ctx, { accountId: account.id, before, after: claimed.email });
    });
  }
}
