import type { EventSchemas } from '@plinth/contracts';
import { encodeEvent, type EventProducer, type OutgoingMessage, type PublishOutcome } from '@plinth/kafka';
import { assertNever, backoffDelayMs, type BackoffOptions } from '@plinth/kernel';
import type { Logger } from '@plinth/logging';
import type { EventReader, ReaderPolicy } from './event-reader.js';
import { aggregateOf, type ClaimedEvent, type EventFailure, type OutboxTable } from './outbox-table.js';

/** A service whose outbox is read. */
export interface OutboxSource {
  /** `ce_source` is `plinth/<service>`. */
  readonly service: string;
  readonly schema: string;
}

export interface PublishingPolicy extends ReaderPolicy {
  /** Tries of an event that the broker refuses. A broker that is away uses up none. */
  readonly maxAttempts: number;
  /** Waits between those tries. */
  readonly retry: BackoffOptions;
}

export const publishingPolicy: PublishingPolicy = {
  batch: { rows: 1000, bytes: 8 * 1024 * 1024 },
  lateWindowMs: 250,
  deepEveryMs: 1000,
  maxAttempts: 5,
  retry: { baseMs: 1000, capMs: 60_000 },
};

export interface SourcePublisherOptions {
  readonly source: OutboxSource;
  readonly table: OutboxTable;
  readonly reader: EventReader;
  readonly producer: EventProducer;
  readonly events: EventSchemas;
  readonly logger: Logger;
  readonly policy: PublishingPolicy;
  /** Asked before each request to Kafka: whether the lease lasts as long as a request may take. */
  readonly maySend: () => boolean;
}

export interface RunReport {
  readonly claimed: number;
  readonly published: number;
  /** Events that got one failed try more. */
  readonly failed: number;
  /** Why the broker or a topic could not be written; those events stay as they were. */
  readonly unavailable: string | undefined;
  /** Whether more may be waiting right now. */
  readonly full: boolean;
}

/**
 * Publishes one outbox, batch after batch: while Kafka writes one, the next is read and the one before is marked.
 *
 * Guarantees: at least once, with the same `ce_id` at every repetition; in insertion order per aggregate, for batches
 * are sent one after the other and what was not acknowledged takes the rest of its aggregate out of the next one; a
 * refused event holds its own aggregate and nothing else. A row is `published` only after all in-sync replicas have it.
 * Safe with several copies: yes; the leases keep each partition to one, which keeps its order.
 */
export class SourcePublisher {
  private ahead: readonly ClaimedEvent[] = [];
  /** What became of the batch before, on its way into the outbox. */
  private marking: Promise<void> = Promise.resolve();

  constructor(private readonly options: SourcePublisherOptions) {}

  /**
   * One batch.
   *
   * @param signal once aborted nothing is sent any more; a batch that is being sent is finished
   * @throws the driver's error where the database is away; what was published meanwhile is published again
   */
  async runOnce(signal: AbortSignal): Promise<RunReport> {
    const { reader, producer, maySend } = this.options;
    const claimed = this.ahead.length > 0 ? this.ahead : await reader.next();
    this.ahead = [];
    if (claimed.length === 0 || signal.aborted) {
      reader.giveBack(claimed);
      await this.marking;
      return { claimed: 0, published: 0, failed: 0, unavailable: undefined, full: reader.behind };
    }

    const prepared = this.prepare(claimed);
    const sending = producer.publish(prepared.sendable.map(({ message }) => message), () => maySend() && !signal.aborted);
    const [outcomes, ahead] = await Promise.all([sending, reader.next()]);
    const { published, failures, unsent, unavailable } = this.judge(prepared, outcomes);

    // What is not published stays before what follows of its aggregate.
    const held = new Set([...unsent, ...failures.map(({ event }) => event)].map(aggregateOf));
    const mayFollow = (event: ClaimedEvent) => unavailable === undefined && !held.has(aggregateOf(event));
    this.ahead = ahead.filter(mayFollow);
    reader.giveBack([...unsent, ...ahead.filter((event) => !mayFollow(event))]);

    await this.marking;
    reader.release(published.filter(({ status }) => status === 'processing'));
    this.marking = this.record(published, failures);
    // Whoever waits for it next sees the error; until then it must not count as unhandled.
    this.marking.catch(() => undefined);
    const full = this.ahead.length > 0 || reader.behind;
    return { claimed: claimed.length, published: published.length, failed: failures.length, unavailable, full };
  }

  /** Ends with everything that was sent marked, and nothing in hand. @throws the driver's error */
  async settle(): Promise<void> {
    this.options.reader.giveBack(this.ahead);
    this.ahead = [];
    await this.marking;
  }

  private async record(published: readonly ClaimedEvent[], failures: readonly Failure[]): Promise<void> {
    const { table, reader, policy } = this.options;
    await Promise.all([
      published.length === 0 ? undefined : table.markPublished(published.map(({ id }) => id)),
      failures.length === 0 ? undefined : table.recordFailures(failures, policy.maxAttempts),
    ]);
    reader.done(published);
    reader.done(failures.map(({ event }) => event));
  }

  /** What can be sent, and what has no topic; an event behind one without a topic waits with its aggregate. */
  private prepare(claimed: readonly ClaimedEvent[]): Prepared {
    const prepared: Prepared = { sendable: [], failures: [], waiting: [] };
    const held = new Set<string>();
    for (const event of claimed) {
      const definition = this.options.events.find(event.event_type, event.event_version);
      if (held.has(aggregateOf(event))) {
        prepared.waiting.push(event);
      } else if (definition === undefined) {
        held.add(aggregateOf(event));
        prepared.failures.push(this.failureOf(event, 'unregistered_event'));
      } else {
        prepared.sendable.push({ event, message: { topic: definition.topic, ...this.encode(event) } });
      }
    }
    return prepared;
  }

  private judge({ sendable, failures, waiting }: Prepared, outcomes: readonly PublishOutcome[]): Judged {
    const judged: Judged = { published: [], failures, unsent: waiting, unavailable: undefined };
    for (const [position, { event }] of sendable.entries()) {
      const outcome = outcomes[position] ?? { kind: 'held' };
      switch (outcome.kind) {
        case 'acknowledged':
          judged.published.push(event);
          break;
        case 'refused':
          judged.failures.push(this.failureOf(event, outcome.code));
          break;
        case 'unavailable':
          judged.unavailable ??= outcome.code;
          judged.unsent.push(event);
          break;
        case 'held':
          judged.unsent.push(event);
          break;
        default:
          assertNever(outcome);
      }
    }
    return judged;
  }

  private encode(event: ClaimedEvent) {
    const envelope = {
      id: event.id,
      source: `plinth/${this.options.source.service}`,
      type: event.event_type,
      version: event.event_version,
      aggregateType: event.aggregate_type,
      aggregateId: event.aggregate_id,
      time: event.created_at,
      tenantId: event.tenant_id,
      sequence: event.aggregate_version,
      traceparent: event.traceparent,
    };
    return encodeEvent(envelope, event.payload);
  }

  private failureOf(event: ClaimedEvent, code: string): Failure {
    const { logger, policy, source } = this.options;
    const attempt = event.processing_attempts + 1;
    const fields = { schema: source.schema, eventId: event.id, eventType: event.event_type, eventVersion: event.event_version, tenantId: event.tenant_id, attempt, code };
    if (attempt >= policy.maxAttempts) logger.error('event failed for good, its aggregate is held', fields);
    else logger.warn('event refused, its aggregate waits', fields);
    return { event, id: event.id, error: code, retryInMs: backoffDelayMs(attempt, policy.retry) };
  }
}

interface Sendable {
  readonly event: ClaimedEvent;
  readonly message: OutgoingMessage;
}

interface Prepared {
  readonly sendable: Sendable[];
  readonly failures: Failure[];
  readonly waiting: ClaimedEvent[];
}

interface Judged {
  readonly published: ClaimedEvent[];
  readonly failures: Failure[];
  readonly unsent: ClaimedEvent[];
  unavailable: string | undefined;
}

interface Failure extends EventFailure {
  readonly event: ClaimedEvent;
}
