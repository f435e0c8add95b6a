import { setTimeout as delay } from 'node:timers/promises';
import type { EventSchemas } from '@plinth/contracts';
import { isDatabaseUnavailable, type Transactor } from '@plinth/database';
import { backoffDelayMs, Problem, systemClock, treatmentOf, type BackoffOptions, type Clock } from '@plinth/kernel';
import type { Logger } from '@plinth/logging';
import { Tracing, type HistogramOf } from '@plinth/telemetry';
import type { KafkaMessage } from 'kafkajs';
import type { ConsumerCounters } from './consumer-counters.js';
import { toDeadLetter, type MessageOrigin } from './dead-letter.js';
import type { EventProducer } from './event-producer.js';
import type { MessageSource } from './group-consumer.js';
import { HandlingSpans } from './handling-spans.js';
import { recordInInbox } from './inbox.js';
import { withoutStale } from './latest-version-wins.js';
import { defaultBatchLimits, MessageRouter, type BatchLimits, type EventHandler, type EventRun, type RoutedEvent, type Run } from './message-router.js';

/** How often a failing event is tried, and how long is waited between. */
export interface RetryPolicy {
  /** Tries of a failing handler before its event becomes a dead letter; from 1. */
  readonly maxAttempts: number;
  /** Waits between those tries. */
  readonly handler: BackoffOptions;
  /** Waits while our own database or the dead-letter topic is away; these tries are not counted. */
  readonly outage: BackoffOptions;
}

export const defaultRetryPolicy: RetryPolicy = {
  maxAttempts: 5,
  handler: { baseMs: 200, capMs: 5000 },
  outage: { baseMs: 200, capMs: 2000 },
};

/** Whose messages these are, who handles them, and where their effects are committed. */
export interface MessageProcessorOptions {
  readonly group: string;
  readonly schema: string;
  readonly transactor: Pick<Transactor, 'run'>;
  readonly schemas: EventSchemas;
  readonly producer: EventProducer;
  readonly logger: Logger;
  readonly counters: ConsumerCounters;
  readonly retry: RetryPolicy;
  readonly batch?: BatchLimits;
  readonly clock?: Clock;
  /** Where the handling of events that belong to a trace is recorded. */
  readonly tracing?: Tracing | undefined;
  /** Where the tries are timed. */
  readonly attempts?: HistogramOf<{ readonly group: string; readonly outcome: string }> | undefined;
  /** By `<type>.v<version>`. */
  readonly handlers: ReadonlyMap<string, EventHandler>;
}

/**
 * What becomes of messages: handled, dropped as duplicates, skipped, or put aside as dead letters.
 *
 * Guarantee: `process` yields a message only when its effect is committed together with its inbox row, or
 * its dead letter is acknowledged. Not guaranteed: that a handler runs once; only its committed effect does.
 */
export class MessageProcessor {
  private readonly router: MessageRouter;
  private readonly clock: Clock;
  private readonly spans: HandlingSpans;

  constructor(private readonly options: MessageProcessorOptions) {
    this.router = new MessageRouter({ ...options, batch: options.batch ?? defaultBatchLimits });
    this.clock = options.clock ?? systemClock;
    this.spans = new HandlingSpans(options.tracing ?? new Tracing(), options.group);
  }

  /**
   * Sees messages of one partition through, in their order.
   *
   * @param signal ends the waits between tries, never a try that is running
   * @returns a message whenever it and all before it are done; it ends early only after the signal, and what was not
   *   yielded must be read again then
   */
  async *process(source: MessageSource, messages: readonly KafkaMessage[], signal: AbortSignal): AsyncGenerator<KafkaMessage, void> {
    for (const run of this.router.runsOf(source, messages)) {
      if (signal.aborted) return;
      yield* this.seeThrough(run, signal);
    }
  }

  private async *seeThrough(run: Run, signal: AbortSignal): AsyncGenerator<KafkaMessage, void> {
    switch (run.kind) {
      case 'skipped':
        this.options.counters.skipped += 1;
        yield run.message;
        return;
      case 'undecodable':
        if (await this.putAside(run, run.error, 1, signal)) yield run.message;
        return;
      case 'events':
        yield* this.handleTraced(run, signal);
    }
  }

  private async *handleTraced(run: EventRun, signal: AbortSignal): AsyncGenerator<KafkaMessage, void> {
    const traced = this.spans.begin(run);
    try {
      yield* this.handle(traced, signal);
    } finally {
      this.spans.forget(traced.events);
    }
  }

  private async *handle(run: EventRun, signal: AbortSignal): AsyncGenerator<KafkaMessage, void> {
    const { retry, logger, counters } = this.options;
    const [first] = run.events;
    let attempt = 1;
    let outages = 0;
    while (!signal.aborted) {
      const startedAt = performance.now();
      try {
        await this.apply(run);
        this.timeAttempt(startedAt, 'committed');
      } catch (error) {
        const away = isOwnDatabaseAtFault(error);
        this.timeAttempt(startedAt, away ? 'unavailable' : 'failed');
        if (away) {
          outages += 1;
          if (outages === 1) logger.error('consumer waits for its database', { ...this.fieldsOf(run), error });
          await pause(backoffDelayMs(outages, retry.outage), signal);
          continue;
        }
        counters.failedAttempts += 1;
        logger.warn('event handler failed', { ...this.fieldsOf(run), attempt, error });
        if (run.events.length > 1) {
          for (const half of halvesOf(run)) yield* this.handle(half, signal);
          return;
        }
        if (attempt >= retry.maxAttempts || isMessageAtFault(error)) {
          const aside = await this.putAside(first, error, attempt, signal);
          if (aside) this.spans.end([first], { attempts: attempt, error: 'dead_letter' });
          if (aside) yield first.message;
          return;
        }
        await pause(backoffDelayMs(attempt, retry.handler), signal);
        attempt += 1;
        continue;
      }
      if (outages > 0) logger.info('consumer reached its database again', this.fieldsOf(run));
      this.spans.end(run.events, { attempts: attempt });
      yield (run.events.at(-1) ?? first).message;
      return;
    }
  }

  private timeAttempt(startedAt: number, outcome: 'committed' | 'failed' | 'unavailable'): void {
    this.options.attempts?.observe({ group: this.options.group, outcome }, (performance.now() - startedAt) / 1000);
  }

  /** Inbox rows and handler in one transaction: all or none. The handler gets what the group has not handled yet and, where the latest version wins, what is news. */
  private async apply({ handler, events }: EventRun): Promise<void> {
    const { group, schema, transactor, counters } = this.options;
    const tenantId = handler.takesBatches ? null : events[0].event.tenantId;
    const { recorded, handled } = await transactor.run({ tenantId, principalId: null }, async (tx) => {
      const unhandled = await recordInInbox(tx, schema, group, events.map(({ event }) => event));
      const due = handler.state === undefined || unhandled.length === 0 ? unhandled : await withoutStale(tx, schema, group, handler.state, unhandled);
      if (due.length > 0) await handler.handle(due, tx);
      return { recorded: unhandled.length, handled: due.length };
    });
    counters.handled += handled;
    counters.stale += recorded - handled;
    counters.duplicates += events.length - recorded;
  }

  /** Publishes the dead letter, as often as it takes: a message is never passed over without one. */
  private async putAside({ origin, message }: { origin: MessageOrigin; message: KafkaMessage }, error: unknown, attempts: number, signal: AbortSignal): Promise<boolean> {
    const { group, producer, logger, counters, retry } = this.options;
    const place = { group, topic: origin.topic, partition: origin.partition, offset: origin.offset };
    const letter = toDeadLetter(message, { ...origin, group, attempts, error, failedAt: this.clock.now() });
    for (let tries = 1; !signal.aborted; tries += 1) {
      const [outcome] = await producer.publish([letter]);
      if (outcome?.kind === 'acknowledged') {
        counters.deadLettered += 1;
        logger.error('event put aside as a dead letter', { ...place, attempt: attempts, error });
        return true;
      }
      if (tries === 1) logger.error('dead letter cannot be written, the partition waits', { ...place, ...codeOf(outcome) });
      await pause(backoffDelayMs(tries, retry.outage), signal);
    }
    return false;
  }

  /** Of the first event, and how many there are. */
  private fieldsOf({ events }: EventRun) {
    const [{ event }] = events;
    return {
      group: this.options.group,
      topic: event.topic,
      partition: event.partition,
      offset: event.offset,
      eventId: event.id,
      eventType: event.type,
      eventVersion: event.version,
      tenantId: event.tenantId,
      count: events.length,
    };
  }
}

/**
 * A batch that failed, in two, and these again: so the event at fault stands alone after some ten tries and has its
 * attempts for itself, while the others' effects happen around it, in order.
 */
function halvesOf({ events, ...run }: EventRun): EventRun[] {
  const middle = Math.ceil(events.length / 2);
  return [events.slice(0, middle), events.slice(middle)].map((half) => ({ ...run, events: half as [RoutedEvent, ...RoutedEvent[]] }));
}

/** What the handler says of the message itself will be true the next time: such a one waits for nothing (`treatmentOf`). */
function isMessageAtFault(error: unknown): boolean {
  return error instanceof Problem && treatmentOf(error.kind).onKafka === 'dead_letter';
}

/** A full disk is as little the event's fault as an absent server: neither uses up the event's attempts. */
function isOwnDatabaseAtFault(error: unknown): boolean {
  return isDatabaseUnavailable(error) || (error instanceof Problem && error.code === 'storage_full');
}

function codeOf(outcome: { readonly kind: string; readonly code?: string } | undefined): { code: string } {
  return { code: outcome?.code ?? outcome?.kind ?? 'unknown' };
}

async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  await delay(delayMs, undefined, { signal }).catch(() => undefined);
}
