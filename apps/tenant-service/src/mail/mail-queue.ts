import { Injectable } from '@nestjs/common';
import type { Tx } from '@plinth/database';
import { newId, systemClock } from '@plinth/kernel';
import type { MailKind } from './mail-kinds.js';
import { MailSeal } from './mail-seal.js';
import { MailRepository } from './mail.repository.js';

/** Mail that is to be sent. It stands in the transaction of what it is about: with that it is sent, or never was. */
@Injectable()
export class MailQueue {
  constructor(
    private readonly mails: MailRepository,
    private readonly seal: MailSeal,
  ) {}

  /** Costs the same for every address: whether an account has it is looked at when it is sent. @param to normalized */
  async add(tx: Tx, kind: MailKind, to: string): Promise<void> {
    await this.addWithToken(tx, kind, to);
  }

  /** As `add`. @returns the token that the mail's link will carry: for its hash, and for no answer */
  async addWithToken(tx: Tx, kind: MailKind, to: string): Promise<string> {
    const id = newId();
    await this.mails.insert(tx, { id, kind, sealed: this.seal.seal(to), createdAt: systemClock.now() });
    return this.seal.tokenOf(id);
  }
}
