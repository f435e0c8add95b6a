import { setTimeout as delay } from 'node:timers/promises';
import { eventName, type EventSchemas } from '@plinth/contracts';
import { isDatabaseUnavailable, type Transactor, type Tx } from '@plinth/database';
import { backoffDelayMs, Problem, systemClock, type BackoffOptions, type Clock } from '@plinth/kernel';
import type { Logger } from '@plinth/logging';
import type { KafkaMessage } from 'kafkajs';
import { decodeEvent, UndecodableEvent, type DecodedEvent } from './cloud-events.js';
import type { ConsumerCounters } from './consumer-counters.js';
import { originOf, toDeadLetter, type MessageOrigin } from './dead-letter.js';
import type { EventProducer } from './event-producer.js';
import type { MessageSource } from './group-consumer.js';
import { recordInInbox } from './inbox.js';
import type { ReceivedEvent } from './on-event.js';

/** Runs the one handler of an event to its end, and rejects with what it threw. */
export type EventHandler = (event: ReceivedEvent, tx: Tx) => Promise<void>;

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

export interface MessageProcessorOptions {
  readonly group: string;
  readonly schema: string;
  readonly transactor: Pick<Transactor, 'run'>;
  readonly schemas: EventSchemas;
  readonly producer: EventProducer;
  readonly logger: Logger;
  readonly counters: ConsumerCounters;
  readonly retry: RetryPolicy;
  readonly clock?: Clock;
  /** By `<type>.v<version>`. */
  readonly handlers: ReadonlyMap<string, EventHandler>;
}

/**
 * What becomes of one message: handled, dropped as a duplicate, skipped, or put aside as a dead letter.
 *
 * Guarantee: `process` returns true only when the effect is committed together with the inbox row, or
 * the dead letter is acknowledged. Not guaranteed: that a handler runs once; only its committed effect does.
 */
export class MessageProcessor {
  private readonly handledTypes: ReadonlySet<string>;
  private readonly clock: Clock;

  constructor(private readonly options: MessageProcessorOptions) {
    this.handledTypes = new Set([...options.handlers.keys()].map((name) => name.slice(0, name.lastIndexOf('.v'))));
    this.clock = options.clock ?? systemClock;
  }

  /**
   * @param signal ends the waits between tries, never a try that is running
   * @returns false when the signal came before the message was done; it must be read again then
   */
  async process(source: MessageSource, message: KafkaMessage, signal: AbortSignal): Promise<boolean> {
    const origin = originOf(source, message, this.options.group);
    const routed = this.route(origin, message);
    if (routed === 'skip') {
      this.options.counters.skipped += 1;
      return true;
    }
    if (routed instanceof Error) return this.putAside(origin, message, routed, 1, signal);
    return this.handle(origin, message, routed, signal);
  }

  private route(origin: MessageOrigin, message: KafkaMessage): Routed | 'skip' | UndecodableEvent {
    try {
      const decoded = decodeEvent(message);
      const definition = this.options.schemas.find(decoded.type, decoded.version);
      if (definition === undefined) throw new UndecodableEvent('unknown_event');
      const handler = this.options.handlers.get(eventName(decoded.type, decoded.version));
      if (handler === undefined) {
        // A version that this group does not know, of a type that it does, must not pass in silence.
        if (this.handledTypes.has(decoded.type)) throw new UndecodableEvent('unhandled_version');
        return 'skip';
      }
      if (this.options.schemas.violations(definition, decoded.payload).length > 0) throw new UndecodableEvent('schema_mismatch');
      return { handler, event: received(decoded, origin) };
    } catch (error) {
      if (error instanceof UndecodableEvent) return error;
      throw error;
    }
  }

  private async handle(origin: MessageOrigin, message: KafkaMessage, routed: Routed, signal: AbortSignal): Promise<boolean> {
    const { retry, logger, counters } = this.options;
    let attempt = 1;
    let outages = 0;
    while (!signal.aborted) {
      try {
        await this.apply(routed);
        if (outages > 0) logger.info('consumer reached its database again', this.fieldsOf(routed.event));
        return true;
      } catch (error) {
        if (isOwnDatabaseAtFault(error)) {
          outages += 1;
          if (outages === 1) logger.error('consumer waits for its database', { ...this.fieldsOf(routed.event), error });
          await pause(backoffDelayMs(outages, retry.outage), signal);
          continue;
        }
        counters.failedAttempts += 1;
        logger.warn('event handler failed', { ...this.fieldsOf(routed.event), attempt, error });
        if (attempt >= retry.maxAttempts) return this.putAside(origin, message, error, attempt, signal);
        await pause(backoffDelayMs(attempt, retry.handler), signal);
        attempt += 1;
      }
    }
    return false;
  }

  /** Inbox row and handler in one transaction: both or neither. */
  private async apply({ event, handler }: Routed): Promise<void> {
    const { group, schema, transactor, counters } = this.options;
    const isNew = await transactor.run({ tenantId: event.tenantId, principalId: null }, async (tx) => {
      const entry = { group, eventId: event.id, topic: event.topic, partition: event.partition, offset: event.offset };
      if (!(await recordInInbox(tx, schema, entry))) return false;
      await handler(event, tx);
      return true;
    });
    if (isNew) counters.handled += 1;
    else counters.duplicates += 1;
  }

  /** Publishes the dead letter, as often as it takes: a message is never passed over without one. */
  private async putAside(origin: MessageOrigin, message: KafkaMessage, error: unknown, attempts: number, signal: AbortSignal): Promise<boolean> {
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

  private fieldsOf(event: ReceivedEvent) {
    return {
      group: this.options.group,
      topic: event.topic,
      partition: event.partition,
      offset: event.offset,
      eventId: event.id,
      eventType: event.type,
      eventVersion: event.version,
      tenantId: event.tenantId,
    };
  }
}

interface Routed {
  readonly event: ReceivedEvent;
  readonly handler: EventHandler;
}

function received(decoded: DecodedEvent, { topic, partition, offset }: MessageOrigin): ReceivedEvent {
  return { ...decoded, topic, partition, offset };
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
