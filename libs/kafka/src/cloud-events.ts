import { TextDecoder } from 'node:util';
import { dataSchemaOf } from '@plinth/contracts';
import { isUuid } from '@plinth/kernel';
import type { IHeaders } from 'kafkajs';

/** An event on its way to Kafka: the CloudEvents attributes and the payload's JSON text. */
export interface EventEnvelope {
  /** UUID of the outbox row; the same at every re-publication, which is what inboxes drop duplicates by. */
  readonly id: string;
  /** `plinth/<service>`. */
  readonly source: string;
  /** `<aggregate>.<past tense>`, without the version. */
  readonly type: string;
  readonly version: number;
  readonly aggregateType: string;
  readonly aggregateId: string;
  readonly time: Date;
  readonly tenantId: string | null;
  /** The aggregate's version as a decimal number, where the aggregate has one. */
  readonly sequence: string | null;
  /** W3C trace context of the request that caused the event. */
  readonly traceparent: string | null;
}

/** An event as a record of Kafka, still without a topic. */
export interface BinaryMessage {
  readonly key: string;
  readonly value: string;
  readonly headers: Record<string, string>;
}

/** What a message that cannot be read lacks or breaks; `code` is safe to store, it never quotes the message. */
export class UndecodableEvent extends Error {
  constructor(
    readonly code: string,
    options?: ErrorOptions,
  ) {
    super(code, options);
    this.name = 'UndecodableEvent';
  }
}

/** A message read back: its attributes and its parsed JSON, not yet checked against a schema. */
export interface DecodedEvent extends EventEnvelope {
  readonly payload: unknown;
}

/**
 * CloudEvents 1.0 in Kafka's binary content mode: attributes in `ce_` headers, the payload as value.
 * Source: CloudEvents "Kafka Protocol Binding" 1.0.2, section 3.2; extensions as contract.md names them.
 *
 * @param payload JSON text
 */
export function encodeEvent(event: EventEnvelope, payload: string): BinaryMessage {
  return {
    key: event.aggregateId,
    value: payload,
    headers: {
      ce_specversion: '1.0',
      ce_id: event.id,
      ce_source: event.source,
      ce_type: `${event.type}.v${event.version}`,
      ce_time: event.time.toISOString(),
      ce_subject: event.aggregateId,
      ce_dataschema: dataSchemaOf(event.type, event.version),
      'content-type': 'application/json',
      ce_eventversion: String(event.version),
      ce_aggregatetype: event.aggregateType,
      ...(event.sequence === null ? {} : { ce_sequence: event.sequence }),
      ...(event.tenantId === null ? {} : { ce_tenantid: event.tenantId }),
      ...(event.traceparent === null ? {} : { ce_traceparent: event.traceparent }),
    },
  };
}

// `ignoreBOM` keeps a byte order mark in the text, where JSON.parse refuses it.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const typePattern = /^([a-z][a-z0-9_]*\.[a-z][a-z0-9_]*)\.v([1-9]\d{0,5})$/;

/**
 * Reads what `encodeEvent` wrote, or any producer that follows the same binding.
 *
 * @throws UndecodableEvent at the first thing that is missing or malformed
 */
export function decodeEvent(message: { readonly value: Buffer | null; readonly headers?: IHeaders | undefined }): DecodedEvent {
  const header = headerReader(message.headers ?? {});
  if (header('ce_specversion') !== '1.0') throw new UndecodableEvent('unsupported_specversion');
  const id = header('ce_id');
  if (!isUuid(id)) throw new UndecodableEvent('malformed_ce_id');
  const [, type, version] = typePattern.exec(header('ce_type')) ?? [];
  if (type === undefined) throw new UndecodableEvent('malformed_ce_type');
  if (!/^application\/json(?:\s*;|$)/i.test(header('content-type'))) throw new UndecodableEvent('unsupported_content_type');
  const time = new Date(header('ce_time'));
  if (Number.isNaN(time.getTime())) throw new UndecodableEvent('malformed_ce_time');
  const tenantId = header('ce_tenantid', null);
  if (tenantId !== null && !isUuid(tenantId)) throw new UndecodableEvent('malformed_ce_tenantid');
  const sequence = header('ce_sequence', null);
  if (sequence !== null && !/^\d{1,19}$/.test(sequence)) throw new UndecodableEvent('malformed_ce_sequence');
  return {
    id: id.toLowerCase(),
    source: header('ce_source'),
    type,
    version: Number(version),
    aggregateType: header('ce_aggregatetype', '') ?? '',
    aggregateId: header('ce_subject'),
    time,
    tenantId,
    sequence,
    traceparent: header('ce_traceparent', null),
    payload: parsePayload(message.value),
  };
}

function parsePayload(value: Buffer | null): unknown {
  if (value === null) throw new UndecodableEvent('missing_value');
  const text = decodeText(value, 'malformed_utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The parser's own error quotes the payload, so it is not kept as the cause.
    throw new UndecodableEvent('malformed_json');
  }
}

interface HeaderReader {
  (name: string): string;
  (name: string, fallback: string | null): string | null;
}

function headerReader(headers: IHeaders): HeaderReader {
  return ((name: string, fallback?: string | null) => {
    const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
    if (value === undefined || value === null) {
      if (fallback !== undefined) return fallback;
      throw new UndecodableEvent(`missing_${name.replace('-', '_')}`);
    }
    if (Array.isArray(value)) throw new UndecodableEvent(`repeated_${name.replace('-', '_')}`);
    return typeof value === 'string' ? value : decodeText(value, 'malformed_header');
  }) as HeaderReader;
}

function decodeText(bytes: Buffer, code: string): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new UndecodableEvent(code);
  }
}
