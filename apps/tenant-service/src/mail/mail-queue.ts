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
    await this.mails.insert(tx, { id: newId(), kind, sealed: this.seal.seal(to), createdAt: systemClock.now() });
  }
}
