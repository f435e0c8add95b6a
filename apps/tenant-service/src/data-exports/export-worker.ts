import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { retention } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import { backoffDelayMs, Problem, systemClock } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { upstreamErrors } from '@plinth/resilience';
import { Metrics } from '@plinth/telemetry';
import { Worker, type NextRun } from '@plinth/worker';
import { ArchiveMaker } from './archive-maker.js';
import { ArchiveTooLarge } from './archive.js';
import type { ExportFailure } from './data-export.js';
import { ExportSettings } from './export-settings.js';
import { DataExportsRepository, type ClaimedExport } from './data-exports.repository.js';

/** The name of the transactions that look at exports of all tenants and persons. */
const makeExport = 'make_export';

const intervalMs = 1_000;
const backoff = { baseMs: 100, capMs: 10_000 };
/** Longer than a file of an archive takes; who makes a large one extends it on the way. */
const leaseSeconds = 300;
const extendEveryMs = 60_000;
const maxAttempts = 5;
const retry = { baseMs: 2_000, capMs: 60_000 };
/** While a service that has a part of it is away: a quarter of the time that it has been waited for. */
const awayRetry = { leastMs: 2_000, mostMs: 300_000, untilMs: 86_400_000 };
const awayCodes: ReadonlySet<string> = new Set(Object.values(upstreamErrors).map(({ definition }) => definition.code));
const [tooLarge, sourceAway] = ['too_large', 'source_away'] as const satisfies readonly ExportFailure[];

/**
 * Makes the archives that were asked for, one after the other.
 *
 * Guarantee: each is made, or has failed, which its status says: after five tries, or where a service that has a part of it was away for a day.
 * It is never made without such a part. Made twice where a worker dies, the second stands alone.
 * Safe with several copies: yes, each takes one that no other has.
 * Limits: 64 MiB an archive, packed: what of the trail and the use of models does not fit is told in the manifest, older first.
 */
@Injectable()
export class ExportWorker extends Worker {
  constructor(
    private readonly transactor: Transactor,
    private readonly exports: DataExportsRepository,
    private readonly maker: ArchiveMaker,
    private readonly settings: ExportSettings,
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
    await this.make(claimed, signal);
    return 'at_once';
  }

  private async make(claimed: ClaimedExport, signal: AbortSignal): Promise<void> {
    const { id } = claimed;
    try {
      const createdAt = systemClock.now();
      const archive = await this.maker.make(claimed, createdAt, { signal, progress: this.extending(id) });
      const made = {
        ...{ sealed: this.settings.seal.seal(archive), sha256: createHash('sha256').update(archive).digest(), sizeBytes: archive.length },
        expiresAt: new Date(createdAt.getTime() + retention.exportArchivesMs),
      };
      await this.transactor.runSystem(makeExport, (tx) => this.exports.finish(tx, id, made));
    } catch (error) {
      // Whoever comes next begins at once.
      if (signal.aborted) return await this.transactor.runSystem(makeExport, (tx) => this.exports.putBack(tx, id, 0, 'stopped'));
      if (error instanceof ArchiveTooLarge) return await this.giveUp(id, tooLarge);
      if (error instanceof Problem && awayCodes.has(error.code)) return await this.waitFor(claimed, error.code);
      await this.failed(claimed, error as { code?: unknown; name?: unknown });
    }
  }

  private async failed({ id, attempts: attempt }: ClaimedExport, { code, name }: { readonly code?: unknown; readonly name?: unknown }): Promise<void> {
    const told = typeof code === 'string' ? code : String(name);
    this.logger.warn('an export could not be made', { attempt, code: told });
    if (attempt >= maxAttempts) return await this.giveUp(id, told);
    await this.transactor.runSystem(makeExport, (tx) => this.exports.postpone(tx, id, backoffDelayMs(attempt, retry), told));
  }

  /** A service that is away costs no tries. */
  private async waitFor({ id, requestedAt }: ClaimedExport, code: string): Promise<void> {
    const waitedMs = systemClock.now().getTime() - requestedAt.getTime();
    if (waitedMs > awayRetry.untilMs) return await this.giveUp(id, sourceAway);
    this.logger.warn('an export waits for a service that has a part of it', { code });
    await this.transactor.runSystem(makeExport, (tx) => this.exports.putBack(tx, id, Math.min(Math.max(waitedMs / 4, awayRetry.leastMs), awayRetry.mostMs), code));
  }

  private extending(id: string): () => Promise<void> {
    let extendedAtMs = performance.now();
    return async () => {
      if (performance.now() - extendedAtMs < extendEveryMs) return;
      extendedAtMs = performance.now();
      await this.transactor.runSystem(makeExport, (tx) => this.exports.extendLease(tx, id, leaseSeconds));
    };
  }

  private async giveUp(id: string, error: string): Promise<void> {
    this.logger.error('an export is given up', { code: error });
    await this.transactor.runSystem(makeExport, (tx) => this.exports.giveUp(tx, id, error));
  }
}
