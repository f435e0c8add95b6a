import { Inject, Injectable } from '@nestjs/common';
import { services, type ServiceDefinition } from '@plinth/contracts';
import { Transactor, type Tx } from '@plinth/database';
import { Logger } from '@plinth/logging';
import { countConsumer, countOutbox, listSurplus, type Consumer, type TimeWindow } from '@plinth/outbox';
import { Metrics } from '@plinth/telemetry';
import { Worker, type NextRun } from '@plinth/worker';
import { ConservationRepository } from './conservation.repository.js';
import { CONSERVATION_POLICY, type ConservationPolicy } from './conservation-policy.js';

const checkConservation = 'check_conservation';
const intervalMs = 15_000;
const backoff = { baseMs: 1000, capMs: 30_000 };
const minuteMs = 60_000;
/** Minutes of one outbox that are counted in one transaction. */
const minutesARun = 5;
/** Minutes that did not balance and are looked at again in one run. */
const openARun = 10;
/** Handled and in no outbox: more than that in one run are cut, and alarm as well. */
const surplusARun = 1000;
/** Outboxes keep what is published for an hour at least (`PUBLISHED_EVENTS_KEPT_HOURS`): what was told before is not missed in them. */
const judgedForMs = 50 * minuteMs;

/**
 * Counts, for each source, consumer group and minute, what was told and what became of it (ADR 0029).
 *
 * Guarantee: each minute once it is older than the grace, and again while it does not balance and its rows are there. A
 * verdict outlives the rows; their purge changes none.
 * Safe with several copies: yes, one counts at a time, by an advisory lock.
 * Limits: what commits later than the grace is counted only where its minute is looked at again.
 */
@Injectable()
export class ConservationWorker extends Worker {
  constructor(
    private readonly transactor: Transactor,
    private readonly repository: ConservationRepository,
    @Inject(CONSERVATION_POLICY) private readonly policy: ConservationPolicy,
    private readonly logger: Logger,
    metrics: Metrics,
  ) {
    super({ name: 'conservation', intervalMs, backoff, logger, metrics });
  }

  /** Some minutes of each source. @throws the driver's error where the database is away */
  override async runOnce(signal: AbortSignal): Promise<NextRun> {
    let behind = false;
    for (const service of services) {
      if (signal.aborted) return 'after_interval';
      const state = await this.transactor.runSystem(checkConservation, (tx) => this.checkNext(tx, service));
      if (state === 'another checks') return 'after_interval';
      behind ||= state === 'behind';
    }
    await this.transactor.runSystem(checkConservation, (tx) => this.checkOpen(tx));
    return behind ? 'at_once' : 'after_interval';
  }

  protected override tellOutage(error: unknown): void {
    this.logger.error('events cannot be counted, trying again', { error });
  }

  protected override tellRecovery(): void {
    this.logger.info('events can be counted again');
  }

  private async checkNext(tx: Tx, service: ServiceDefinition): Promise<'behind' | 'up to date' | 'another checks'> {
    if (!(await this.repository.becomeChecker(tx))) return 'another checks';
    const closed = await this.repository.lastClosedMinute(tx, this.policy.graceMs);
    const mark = (await this.repository.listMarks(tx)).find(({ source }) => source === service.name);
    const from = mark?.checked_until ?? (await this.repository.oldestMinute(tx, service.schema)) ?? closed;
    const until = new Date(Math.min(closed.getTime(), from.getTime() + minutesARun * minuteMs));
    if (until > from) await this.check(tx, service, { from: from.toISOString(), until: until.toISOString() }, closed);
    await this.repository.setMark(tx, service.name, (until > from ? until : from).toISOString());
    return until < closed ? 'behind' : 'up to date';
  }

  private async check(tx: Tx, service: ServiceDefinition, window: TimeWindow, closed: Date): Promise<void> {
    await this.count(tx, service, window);
    const toldAfter = new Date(closed.getTime() - judgedForMs).toISOString();
    for (const consumer of await this.consumers(tx)) {
      const surplus = await listSurplus(tx, service, consumer, window, toldAfter, surplusARun);
      if (surplus.length === 0) continue;
      await this.repository.addSurplus(tx, service.name, consumer.group, surplus.map(({ told_at: toldAt }) => toldAt));
      this.logger.error('events were handled that no outbox has', { source: service.name, group: consumer.group, count: surplus.length, ...(surplus[0] && { eventId: surplus[0].id }) });
    }
  }

  private async count(tx: Tx, service: ServiceDefinition, window: TimeWindow): Promise<number> {
    const minutes = await countOutbox(tx, service, window);
    for (const minute of minutes) await this.repository.saveOutbox(tx, service.name, minute);
    for (const consumer of await this.consumers(tx)) {
      for (const minute of await countConsumer(tx, service, consumer, window)) await this.repository.saveConsumer(tx, service.name, consumer.group, minute);
    }
    return minutes.reduce((sum, { committed }) => sum + committed, 0);
  }

  /** What did not balance: it was late, or it is lost. */
  private async checkOpen(tx: Tx): Promise<void> {
    if (!(await this.repository.becomeChecker(tx))) return;
    for (const { source, minute } of await this.repository.listOpen(tx, openARun)) {
      const service = services.find(({ name }) => name === source);
      const window = { from: minute.toISOString(), until: new Date(minute.getTime() + minuteMs).toISOString() };
      const before = await this.repository.committedIn(tx, source, minute);
      const committed = service === undefined ? 0 : await this.count(tx, service, window);
      // Fewer than before: they are being purged, and what can be said of the minute has been said.
      if (committed < before) await this.repository.close(tx, source, minute);
    }
    await this.repository.forgetOld(tx);
  }

  private async consumers(tx: Tx): Promise<readonly Consumer[]> {
    for (const consumer of this.policy.consumers) await this.repository.stateStarts(tx, consumer);
    return await this.repository.listConsumers(tx, this.policy.consumers);
  }
}
