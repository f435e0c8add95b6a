import { Inject, Injectable } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import { backoffDelayMs } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { Metrics, type Instruments } from '@plinth/telemetry';
import { Worker, type NextRun } from '@plinth/worker';
import { MailPreparation } from './mail-preparation.js';
import { MailSeal } from './mail-seal.js';
import { MAIL_TRANSPORT, type MailTransport } from './mail-transport.js';
import { MailRepository, type ClaimedMail, type MailOutcome } from './mail.repository.js';
import { mailMetrics } from './metrics.js';

/** The name of the transactions that look at mails of all tenants, and of none. */
const sendMail = 'send_mail';

const intervalMs = 1_000;
const backoff = { baseMs: 100, capMs: 10_000 };
const batchSize = 20;
/** Longer than a batch takes where each mail takes all its time. */
const leaseSeconds = 600;
/** About two hours in all: a server that was away for longer finds links that have expired. */
const maxAttempts = 12;
const retry = { baseMs: 5_000, capMs: 1_200_000 };

/**
 * Sends what is due, one after the other.
 *
 * Guarantee: at least once, with the same message id and the same link at each repetition; who dies between sending and
 * noting it sends it again.
 * Safe with several copies: yes, each takes mails that no other has.
 * Limits: a mail that the server refuses 12 times has failed, and is counted; whom it was for is forgotten.
 */
@Injectable()
export class MailWorker extends Worker {
  private readonly ended: Instruments<typeof mailMetrics>['ended'];

  constructor(
    private readonly transactor: Transactor,
    private readonly mails: MailRepository,
    private readonly preparation: MailPreparation,
    private readonly seal: MailSeal,
    @Inject(MAIL_TRANSPORT) private readonly transport: MailTransport,
    private readonly logger: Logger,
    metrics: Metrics,
  ) {
    super({ name: 'mail', intervalMs, backoff, logger, metrics });
    this.ended = metrics.of(mailMetrics).ended;
  }

  /** One batch. @throws the driver's error where the database is away */
  override async runOnce(signal: AbortSignal): Promise<NextRun> {
    const due = await this.transactor.runSystem(sendMail, (tx) => this.mails.claimDue(tx, batchSize, leaseSeconds));
    for (const mail of due) {
      // What is not begun is due again after the lease; a mail that is being sent is finished.
      if (signal.aborted) break;
      await this.send(mail);
    }
    return due.length === batchSize ? 'at_once' : 'after_interval';
  }

  protected override async release(): Promise<void> {
    await this.transport.close();
  }

  private async send(mail: ClaimedMail): Promise<void> {
    const { id, kind, createdAt: date, attempts: attempt } = mail;
    try {
      const to = this.seal.open(mail.sealed);
      const prepared = await this.preparation.prepare({ id, kind, to });
      if (prepared !== null) await this.transport.send({ ...prepared, id, to, date });
      await this.end(mail, prepared === null ? 'nobody' : 'sent');
    } catch (error) {
      const code = codeOf(error);
      if (attempt < maxAttempts) {
        this.logger.warn('mail could not be sent, it is tried again', { name: kind, attempt, code });
        await this.transactor.runSystem(sendMail, (tx) => this.mails.postpone(tx, id, backoffDelayMs(attempt, retry), code));
      } else {
        this.logger.error('mail could not be sent and is given up', { name: kind, attempt, code });
        await this.end(mail, 'failed', code);
      }
    }
  }

  private async end({ id, kind }: ClaimedMail, outcome: MailOutcome, error: string | null = null): Promise<void> {
    await this.transactor.runSystem(sendMail, (tx) => this.mails.end(tx, id, outcome, error));
    this.ended.add({ kind, outcome });
  }
}

/** A server's answer names the address, so no more than its code is told: SMTP's, or that of the problem or the system. */
function codeOf(error: unknown): string {
  const { responseCode, code, name } = error as { responseCode?: unknown; code?: unknown; name?: unknown };
  if (typeof responseCode === 'number') return `smtp_${responseCode}`;
  return typeof code === 'string' ? code : String(name);
}
