import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { KeyRing } from '@plinth/auth';
import { retention } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import { backoffDelayMs, systemClock } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { Metrics } from '@plinth/telemetry';
import { Worker, type NextRun } from '@plinth/worker';
import { archiveOf } from './archive.js';
import { ArchiveContents } from './archive-contents.js';
import { ExportSettings } from './export-settings.js';
import { DataExportsRepository, type ClaimedExport } from './data-exports.repository.js';

/** The name of the transactions that look at exports of all tenants and persons. */
const makeExport = 'make_export';

const intervalMs = 1_000;
const backoff = { baseMs: 100, capMs: 10_000 };
/** Longer than an archive takes. */
const leaseSeconds = 300;
const maxAttempts = 5;
const retry = { baseMs: 2_000, capMs: 60_000 };
/** What a row and an answer hold at ease; a tenant's tables come to some megabytes. */
const maxBytes = 64 * 1_048_576;

/**
 * Makes the archives that were asked for, one after the other.
 *
 * Guarantee: each is made, or has failed after five tries, which its status says. Made twice where a worker dies, the second stands alone.
 * Safe with several copies: yes, each takes one that no other has.
 * Limits: 64 MiB an archive, packed.
 */
@Injectable()
export class ExportWorker extends Worker {
  constructor(
    private readonly transactor: Transactor,
    private readonly exports: DataExportsRepository,
    private readonly contents: ArchiveContents,
    private readonly settings: ExportSettings,
    private readonly keys: KeyRing,
    private readonly logger: Logger,
    metrics: Metrics,
  ) {
    super({ name: 'data-exports', intervalMs, backoff, logger, metrics });
  }

  /** One archive. @throws the driver's error where the database is away */
  override async runOnce(signal: AbortSignal): Promise<NextRun> {
    signal.throwIfAborted();
    const claimed = await this.transactor.runSystem(makeExport, (tx) => this.exports.claimDue(tx, leaseSeconds));
    if (claimed === null) return 'after_interval';
    await this.make(claimed);
    return 'at_once';
  }

  private async make(claimed: ClaimedExport): Promise<void> {
    const { id, attempts: attempt } = claimed;
    try {
      const createdAt = systemClock.now();
      const archive = await archiveOf({ ...claimed, createdAt, issuer: this.settings.issuer }, await this.contents.read(claimed), this.keys);
      if (archive.length > maxBytes) return await this.giveUp(id, 'too_large');
      const made = {
        ...{ sealed: this.settings.seal.seal(archive), sha256: createHash('sha256').update(archive).digest(), sizeBytes: archive.length },
        expiresAt: new Date(createdAt.getTime() + retention.exportArchivesMs),
      };
      await this.transactor.runSystem(makeExport, (tx) => this.exports.finish(tx, id, made));
    } catch (error) {
      const { code, name } = error as { code?: unknown; name?: unknown };
      const told = typeof code === 'string' ? code : String(name);
      this.logger.warn('an export could not be made', { attempt, code: told });
      if (attempt >= maxAttempts) return await this.giveUp(id, told);
      await this.transactor.runSystem(makeExport, (tx) => this.exports.postpone(tx, id, backoffDelayMs(attempt, retry), told));
    }
  }

  private async giveUp(id: string, error: string): Promise<void> {
    this.logger.error('an export is given up', { code: error });
    await this.transactor.runSystem(makeExport, (tx) => this.exports.giveUp(tx, id, error));
  }
}
