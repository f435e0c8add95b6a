import { setTimeout as delay } from 'node:timers/promises';
import type { BeforeApplicationShutdown, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { backoffDelayMs, type BackoffOptions } from '@plinth/kernel';
import type { Logger } from '@plinth/logging';
import type { Instruments, Metrics } from '@plinth/telemetry';
import { workerMetrics } from './metrics.js';
import { Outage } from './outage.js';
import { WakeSignal } from './wake-signal.js';
import { WorkerSignals, type EndedRun } from './worker-signals.js';

/**
 * What comes after a run that succeeded: the next one at once (more is waiting), after the interval or
 * a hint, whichever is first, or after a time of its own whatever hints come.
 */
export type NextRun = 'at_once' | 'after_interval' | { readonly afterMs: number };

/** What a worker is called, its pace, and when it ends. */
export interface WorkerOptions {
  /** In metrics and log lines; of the code. */
  readonly name: string;
  /** From the end of a run to the begin of the next, in milliseconds; a hint cuts it short. */
  readonly intervalMs: number;
  /** Waits after failed runs. Hints do not cut them short: they may come as fast as ever. */
  readonly backoff: BackoffOptions;
  /** Requests in flight lean on the worker: it ends after the last of them, not before. */
  readonly servesRequests?: boolean;
  readonly logger: Logger;
  /** Without them nothing is counted. */
  readonly metrics?: Metrics | undefined;
}

/**
 * The loop of a background worker: a subclass has the work of one run, and no clock.
 *
 * Guarantees: runs never overlap; none begins after `stop`, which waits for the one in hand; a failed
 * one is followed by another after a wait that grows, with jitter; an outage is logged when it begins
 * and when it ends, and not in between. Begins and ends with the application where it is a provider.
 * Safe with several copies: as far as `runOnce` is.
 */
export abstract class Worker implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  readonly signals = new WorkerSignals();
  // `#` and not `private`: a subclass may have these names for things of its own.
  readonly #options: WorkerOptions;
  readonly #stopping = new AbortController();
  readonly #wakeSignal = new WakeSignal();
  readonly #outage: Outage;
  readonly #instruments: Instruments<typeof workerMetrics> | undefined;
  #looping: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  protected constructor(options: WorkerOptions) {
    this.#options = options;
    this.#outage = new Outage({ begins: (error) => this.tellOutage(error), ends: (failures) => this.tellRecovery(failures) });
    this.#instruments = options.metrics?.of(workerMetrics);
  }

  /**
   * The work of one run. Never called while another is under way.
   *
   * @param signal aborted when the worker stops: what is begun is finished or given up, nothing new is begun
   * @throws whatever failed: the base logs the outage and tries again
   */
  abstract runOnce(signal: AbortSignal): Promise<NextRun>;

  /** Begins the loop, with a run at once. Nothing it needs has to be there yet. */
  start(): void {
    this.#looping ??= this.#loop();
  }

  /** Ends the loop when the run in hand has ended, then what the worker holds. May be called twice. */
  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  /** A hint that there is something to do. */
  wake(): void {
    this.#wakeSignal.wake();
  }

  /** Nest calls it when all modules are up. The first run is not waited for. */
  onApplicationBootstrap(): void {
    this.start();
  }

  /** Nest calls it before the server closes, while requests are still in flight. */
  async beforeApplicationShutdown(): Promise<void> {
    if (this.#options.servesRequests !== true) await this.stop();
  }

  /** Nest calls it when the server has closed, after the last request. */
  async onApplicationShutdown(): Promise<void> {
    await this.stop();
  }

  /** For a run that lasts: it works, so an outage is over. */
  protected noteSuccess(): void {
    this.#outage.over();
    this.#instruments?.lastSuccess.set({ worker: this.#options.name }, Date.now() / 1000);
  }

  /** Closes what the worker holds, after its last run. */
  protected async release(): Promise<void> {}

  /** @param failures how many runs have failed in a row, from 1 */
  protected pauseAfterFailureMs(failures: number): number {
    return backoffDelayMs(failures, this.#options.backoff);
  }

  /** The first of failures in a row. */
  protected tellOutage(error: unknown): void {
    this.#options.logger.error('worker fails, trying again', { name: this.#options.name, error });
  }

  /** The first success after failures. */
  protected tellRecovery(failures: number): void {
    this.#options.logger.info('worker works again', { name: this.#options.name, attempt: failures + 1 });
  }

  async #end(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    await this.#looping;
    await this.release();
  }

  async #loop(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const next = await this.#runOnceMore(signal);
      if (next === 'after_interval') await this.#wakeSignal.wait(this.#options.intervalMs);
      // Hints that come meanwhile are not lost: they end the next wait for one.
      else if (next !== 'at_once') await delay(next.afterMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #runOnceMore(signal: AbortSignal): Promise<NextRun> {
    const beganAt = performance.now();
    try {
      const next = await this.runOnce(signal);
      this.noteSuccess();
      this.#ended('succeeded', beganAt);
      return next;
    } catch (error) {
      // What ends by the signal has not failed.
      if (signal.aborted) return 'at_once';
      const afterMs = this.pauseAfterFailureMs(this.#outage.failed(error));
      this.#ended('failed', beganAt, error);
      return { afterMs };
    }
  }

  #ended(outcome: EndedRun['outcome'], beganAt: number, error?: unknown): void {
    const worker = this.#options.name;
    this.#instruments?.runs.add({ worker, outcome });
    this.#instruments?.duration.observe({ worker }, (performance.now() - beganAt) / 1000);
    this.signals.tell({ outcome, error });
  }
}
