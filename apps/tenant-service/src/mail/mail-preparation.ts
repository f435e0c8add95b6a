import { Injectable } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import { systemClock } from '@plinth/kernel';
import { AuditTrail } from '@plinth/outbox';
import { AccountsRepository, type MailedAccount } from '../accounts/accounts.repository.js';
import { TenantServiceConfig } from '../config.js';
import { mailedTokenLifetimeMs, type MailedTokenPurpose } from '../mailed-tokens/mailed-token.js';
import { MailedTokensRepository } from '../mailed-tokens/mailed-tokens.repository.js';
import type { Letter, MailKind } from './mail-kinds.js';
import { renderMail, type MailText } from './mail-templates.js';
import { MailSeal } from './mail-seal.js';

/** Where the product's front end takes a token: in the fragment, which no server and no referrer is told. */
const pages = { verify_email: 'verify-email', reset_password: 'reset-password', invitation: 'accept-invitation', change_email: 'change-email' } as const satisfies Partial<Record<MailKind, string>>;

/** What is sent, but for its address. */
export interface PreparedMail extends MailText {
  readonly from: string;
}

/** Looks up whom a letter is for, and makes what it carries. */
@Injectable()
export class MailPreparation {
  constructor(
    private readonly transactor: Transactor,
    private readonly accounts: AccountsRepository,
    private readonly tokens: MailedTokensRepository,
    private readonly seal: MailSeal,
    private readonly audit: AuditTrail,
    private readonly config: TenantServiceConfig,
  ) {}

  /** @returns null where nobody is to get it: no account has the address, it has no use for it, or it was sent too many lately */
  async prepare(letter: Letter): Promise<PreparedMail | null> {
    const text = await this.textOf(letter);
    return text === null ? null : { ...text, from: this.config.mailFrom };
  }

  private async textOf(letter: Letter): Promise<MailText | null> {
    const { kind, id } = letter;
    // No account has the address yet, or none any more: what the mail is about was decided when it was asked for.
    if (kind === 'invitation' || kind === 'change_email') return renderMail(kind, this.linkTo(kind, this.seal.tokenOf(id)));
    if (kind === 'email_was_changed') return renderMail(kind, null);
    return await this.toAccount(letter, kind);
  }

  private async toAccount(letter: Letter, kind: Exclude<MailKind, 'invitation' | 'change_email' | 'email_was_changed'>): Promise<MailText | null> {
    const account = await this.accounts.findMailedAccount(letter.to);
    if (account === null || account.status !== 'active') return null;
    switch (kind) {
      case 'password_was_reset':
      case 'password_was_changed':
      case 'second_factor_was_enabled':
      case 'second_factor_was_disabled':
      case 'second_factor_was_reset':
      case 'credential_expires_soon':
      case 'credential_has_expired':
      case 'recovery_code_was_used':
      case 'operator_access_was_requested':
        return renderMail(kind, null);
      case 'verify_email':
        return account.emailVerifiedAt === null ? await this.withToken(letter, kind, account) : null;
      case 'reset_password':
        return await this.withToken(letter, kind, account);
    }
  }

  private async withToken({ id, to }: Letter, purpose: Exclude<MailedTokenPurpose, 'change_email'>, account: MailedAccount): Promise<MailText | null> {
    const token = this.seal.tokenOf(id);
    const createdAt = systemClock.now();
    const expiresAt = new Date(createdAt.getTime() + mailedTokenLifetimeMs[purpose]);
    const scope = { tenantId: account.homeTenantId, principalId: account.id };
    const made = await this.transactor.run(scope, async (tx) => {
      if (!(await this.tokens.insert(tx, { token, purpose, accountId: account.id, email: to, createdAt, expiresAt }))) return false;
      // The sign-up that a verification follows from stands in the trail. Of a reset, which anybody can ask for, its owner would read nothing.
      if (purpose !== 'reset_password') return true;
      const origin = { tenantId: account.homeTenantId, principal: { type: 'service' as const, id: null }, requestId: null, traceId: null, traceparent: null, clientIp: null, userAgent: null };
      this.audit.record(tx, origin, { action: `mail.${purpose}`, resource: { type: 'account', id: account.id } });
      return true;
    });
    return made ? renderMail(purpose, this.linkTo(purpose, token)) : null;
  }

  private linkTo(kind: keyof typeof pages, token: string): string {
    return `${this.config.productUrl}/${pages[kind]}#token=${token}`;
  }
}
