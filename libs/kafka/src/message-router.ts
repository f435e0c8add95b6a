import { eventName, UpcastFailed, type EventDefinition, type EventSchemas } from '@plinth/contracts';
import type { Tx } from '@plinth/database';
import type { KafkaMessage } from 'kafkajs';
import { decodeEvent, UndecodableEvent } from './cloud-events.js';
import { originOf, type MessageOrigin } from './dead-letter.js';
import type { MessageSource } from './group-consumer.js';
import type { ReceivedEvent } from './on-event.js';

/** The one handler of an event in its group. */
export interface EventHandler {
  /** Whether it takes several consecutive events in one transaction, which then belongs to no tenant. */
  readonly takesBatches: boolean;
  /** The state that it keeps by aggregate, where a later event supersedes an earlier one (`LatestVersionWins`). */
  readonly state?: string | undefined;
  /** Runs to its end, and rejects with what it threw. One event, where it takes no batches. */
  handle(events: readonly ReceivedEvent[], tx: Tx): Promise<void>;
}

/** A message that was read, with the place that it first had. */
interface Read {
  readonly message: KafkaMessage;
  readonly origin: MessageOrigin;
}

/** A message for the group's handler. */
export interface RoutedEvent extends Read {
  readonly event: ReceivedEvent;
}

/** Consecutive messages of a partition that are seen through together; of the first two kinds one alone. */
export type Run =
  | (Read & { readonly kind: 'skipped' })
  | (Read & { readonly kind: 'undecodable'; readonly error: UndecodableEvent })
  | EventRun;

/** Events of one type and version, in the order of their partition. */
export interface EventRun {
  readonly kind: 'events';
  readonly handler: EventHandler;
  readonly events: readonly [RoutedEvent, ...RoutedEvent[]];
}

/** How much a handler that takes batches is given at most; one event at least. */
export interface BatchLimits {
  readonly events: number;
  /** Of the messages' values as they came. */
  readonly bytes: number;
}

/**
 * Some hundred events share the cost of a transaction well enough; more would only hold its locks longer. The bytes are
 * those of one fetch of a partition.
 */
export const defaultBatchLimits: BatchLimits = { events: 500, bytes: 1024 * 1024 };

/** What a group handles, and how much of it at once. */
export interface MessageRouterOptions {
  readonly group: string;
  readonly schemas: EventSchemas;
  /** By `<type>.v<version>`. */
  readonly handlers: ReadonlyMap<string, EventHandler>;
  readonly batch: BatchLimits;
}

/** Reads messages, and says of each whose it is. Decides by the message alone: the same one goes the same way whenever it comes. */
export class MessageRouter {
  /** By type, the oldest first. */
  private readonly handledVersions: ReadonlyMap<string, readonly number[]>;

  constructor(private readonly options: MessageRouterOptions) {
    const handled = [...options.handlers.keys()].map((name) => {
      const split = name.lastIndexOf('.v');
      return { type: name.slice(0, split), version: Number(name.slice(split + 2)) };
    });
    this.handledVersions = new Map([...Map.groupBy(handled, ({ type }) => type)].map(([type, all]) => [type, all.map(({ version }) => version).sort((a, b) => a - b)]));
  }

  /** The messages in their order, those together that their handler takes together. Reads no further than it is asked. */
  *runsOf(source: MessageSource, messages: readonly KafkaMessage[]): Generator<Run> {
    let open: GrowingRun | undefined;
    for (const message of messages) {
      const run = this.route({ message, origin: originOf(source, message, this.options.group) });
      if (open !== undefined && run.kind === 'events' && this.fits(open, run)) {
        open.events.push(run.events[0]);
        open.bytes += sizeOf(message);
        continue;
      }
      if (open !== undefined) yield open;
      open = undefined;
      if (run.kind === 'events' && run.handler.takesBatches) open = { ...run, events: [run.events[0]], bytes: sizeOf(message) };
      else yield run;
    }
    if (open !== undefined) yield open;
  }

  private fits(open: GrowingRun, { handler, events: [{ message }] }: EventRun): boolean {
    const { batch } = this.options;
    return handler === open.handler && open.events.length < batch.events && open.bytes + sizeOf(message) <= batch.bytes;
  }

  private route(read: Read): Run {
    try {
      const decoded = decodeEvent(read.message);
      const definition = this.options.schemas.find(decoded.type, decoded.version);
      if (definition === undefined) throw new UndecodableEvent('unknown_event');
      const version = this.versionFor(definition);
      const handler = version === undefined ? undefined : this.options.handlers.get(eventName(decoded.type, version));
      if (version === undefined || handler === undefined) {
        // A version that this group does not know, of a type that it does, must not pass in silence.
        if (this.handledVersions.has(decoded.type)) throw new UndecodableEvent('unhandled_version');
        return { kind: 'skipped', ...read };
      }
      if (handler.state !== undefined && decoded.sequence === null) throw new UndecodableEvent('missing_ce_sequence');
      if (this.options.schemas.violations(definition, decoded.payload).length > 0) throw new UndecodableEvent('schema_mismatch');
      const payload = this.upcast(definition, decoded.payload, version);
      const { topic, partition, offset } = read.origin;
      return { kind: 'events', handler, events: [{ ...read, event: { ...decoded, version, payload, topic, partition, offset } }] };
    } catch (error) {
      if (error instanceof UndecodableEvent) return { kind: 'undecodable', error, ...read };
      throw error;
    }
  }

  /** The version in which the group handles the event: its own, or the next one that upcasters lead to. */
  private versionFor({ type, version }: EventDefinition): number | undefined {
    return this.handledVersions.get(type)?.find((handled) => this.options.schemas.canUpcast(type, version, handled));
  }

  private upcast(definition: EventDefinition, payload: unknown, version: number): unknown {
    try {
      return this.options.schemas.upcast(definition, payload, version);
    } catch (error) {
      throw error instanceof UpcastFailed ? new UndecodableEvent('upcast_failed', { cause: error }) : error;
    }
  }
}

interface GrowingRun extends EventRun {
  readonly events: [RoutedEvent, ...RoutedEvent[]];
  bytes: number;
}

function sizeOf({ value }: KafkaMessage): number {
  return value?.length ?? 0;
}
