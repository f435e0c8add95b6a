import type { EventSchemas } from '@plinth/contracts';
import { encodeEvent, type EventProducer, type OutgoingMessage } from '@plinth/kafka';
import { backoffDelayMs, type BackoffOptions } from '@plinth/kernel';
import type { Logger } from '@plinth/logging';
import type { ClaimBounds, ClaimedEvent, EventFailure, OutboxTable } from './outbox-table.js';

/** A service whose outbox is read. */
export interface OutboxSource {
  /** `ce_source` is `plinth/<service>`. */
  readonly service: string;
  readonly schema: string;
}

export interface PublishingPolicy {
  readonly claim: ClaimBounds;
  /** Tries of an event that the broker refuses. A broker that is away uses up none. */
  readonly maxAttempts: number;
  /** Waits between those tries. */
  readonly retry: BackoffOptions;
}

export const publishingPolicy: PublishingPolicy = {
  claim: { rows: 500, bytes: 8 * 1024 * 1024 },
  maxAttempts: 5,
  retry: { baseMs: 1000, capMs: 60_000 },
};

export interface SourcePublisherOptions {
  readonly source: OutboxSource;
  readonly table: OutboxTable;
  readonly producer: EventProducer;
  readonly events: EventSchemas;
  readonly logger: Logger;
  readonly policy: PublishingPolicy;
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

const nothing: RunReport = { claimed: 0, published: 0, failed: 0, unavailable: undefined, full: false };

/**
 * Publishes one batch of one outbox.
 *
 * Guarantees: at least once, with the same `ce_id` at every repetition; in insertion order per
 * aggregate; a refused event holds its own aggregate and nothing else. A row is `published` only after
 * all in-sync replicas have it.
 * Safe with several copies: yes, order apart; the session lock of `SourceLoop` keeps it to one.
 */
export class SourcePublisher {
  constructor(private readonly options: SourcePublisherOptions) {}

  /**
   * @param signal once aborted nothing is sent any more; a batch that is being sent is finished and marked
   * @throws the driver's error where the database is away; what was published meanwhile is published again
   */
  async runOnce(signal: AbortSignal): Promise<RunReport> {
    const { table, policy, producer } = this.options;
    const claimed = await table.claim(policy.claim);
    if (claimed.length === 0 || signal.aborted) return nothing;

    const { sendable, failures } = this.prepare(claimed);
    const outcomes = await producer.publish(sendable.map(({ message }) => message));
    const published: string[] = [];
    let unavailable: string | undefined;
    for (const [position, { event }] of sendable.entries()) {
      const outcome = outcomes[position];
      if (outcome?.kind === 'acknowledged') published.push(event.id);
      else if (outcome?.kind === 'refused') failures.push(this.failureOf(event, outcome.code));
      else if (outcome?.kind === 'unavailable') unavailable ??= outcome.code;
    }
    if (published.length > 0) await table.markPublished(published);
    if (failures.length > 0) await table.recordFailures(failures, policy.maxAttempts);
    const full = claimed.length >= policy.claim.rows || bytesOf(claimed) >= policy.claim.bytes;
    return { claimed: claimed.length, published: published.length, failed: failures.length, unavailable, full };
  }

  /** What can be sent, and what has no topic; an event behind one without a topic waits with its aggregate. */
  private prepare(claimed: readonly ClaimedEvent[]): { sendable: Sendable[]; failures: EventFailure[] } {
    const sendable: Sendable[] = [];
    const failures: EventFailure[] = [];
    const held = new Set<string>();
    for (const event of claimed) {
      const aggregate = `${event.aggregate_type} ${event.aggregate_id}`;
      if (held.has(aggregate)) continue;
      const definition = this.options.events.find(event.event_type, event.event_version);
      if (definition === undefined) {
        held.add(aggregate);
        failures.push(this.failureOf(event, 'unregistered_event'));
      } else {
        sendable.push({ event, message: { topic: definition.topic, ...this.encode(event) } });
      }
    }
    return { sendable, failures };
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

  private failureOf(event: ClaimedEvent, code: string): EventFailure {
    const { logger, policy, source } = this.options;
    const attempt = event.processing_attempts + 1;
    const fields = { schema: source.schema, eventId: event.id, eventType: event.event_type, eventVersion: event.event_version, tenantId: event.tenant_id, attempt, code };
    if (attempt >= policy.maxAttempts) logger.error('event failed for good, its aggregate is held', fields);
    else logger.warn('event refused, its aggregate waits', fields);
    return { id: event.id, error: code, retryInMs: backoffDelayMs(attempt, policy.retry) };
  }
}

interface Sendable {
  readonly event: ClaimedEvent;
  readonly message: OutgoingMessage;
}

function bytesOf(claimed: readonly ClaimedEvent[]): number {
  return claimed.reduce((sum, event) => sum + Buffer.byteLength(event.payload), 0);
}
