import { defineEvent, EventSchemas, field, redriveTopicOf, upcastFrom } from '@plinth/contracts';
import { newId } from '@plinth/kernel';
import type { KafkaMessage } from 'kafkajs';
import { encodeEvent } from './cloud-events.js';
import { MessageRouter, type BatchLimits, type EventHandler, type Run } from './message-router.js';

const group = 'g';
const topic = 'plinth.sample';
const one: EventHandler = { takesBatches: false, handle: async () => undefined };
const many: EventHandler = { takesBatches: true, handle: async () => undefined };

let nextOffset = 0;

function message(type: string, { value = '{}', version = 1, headers = {} }: { value?: string; version?: number; headers?: Record<string, string> } = {}): KafkaMessage {
  const envelope = { id: newId(), source: 'plinth/test', type, version, aggregateType: 'sample', aggregateId: newId(), time: new Date(), tenantId: newId(), sequence: null, traceparent: null };
  const encoded = encodeEvent(envelope, value);
  const bytes = Object.fromEntries(Object.entries({ ...encoded.headers, ...headers }).map(([name, text]) => [name, Buffer.from(text)]));
  return { key: Buffer.from(encoded.key), value: Buffer.from(value), headers: bytes, offset: String(nextOffset++), timestamp: '0', attributes: 0 };
}

/** Each run as its kind and its number of messages. */
function runsOf(messages: readonly KafkaMessage[], batch: BatchLimits = { events: 100, bytes: 10_000 }, from = topic): Run[] {
  const definition = (type: string, version: number) => ({ type, version, topic, aggregateType: 'sample', schema: { type: 'object' } });
  const schemas = new EventSchemas([definition('bulk.came', 1), definition('bulk.came', 2), definition('bulk.went', 1), definition('single.came', 1), definition('other.came', 1)]);
  const handlers = new Map([['bulk.came.v1', many], ['bulk.went.v1', { ...many }], ['single.came.v1', one]]);
  return [...new MessageRouter({ group, schemas, handlers, batch }).runsOf({ topic: from, partition: 0 }, messages)];
}
const shapeOf = (runs: readonly Run[]) => runs.map((run) => (run.kind === 'events' ? run.events.length : run.kind));
const times = (count: number, make: () => KafkaMessage) => Array.from({ length: count }, make);

describe('MessageRouter', () => {
  it('keeps consecutive events together for a handler of batches, and single for any other', () => {
    expect(shapeOf(runsOf([...times(3, () => message('bulk.came')), ...times(2, () => message('single.came')), message('bulk.came')]))).toEqual([3, 1, 1, 1]);
  });

  it('gives a batch the events of one handler only', () => {
    expect(shapeOf(runsOf([message('bulk.came'), message('bulk.went'), message('bulk.went')]))).toEqual([1, 2]);
  });

  it('ends a batch at what cannot be read, at a version without handler and at what nobody wants', () => {
    const messages = [message('bulk.came'), message('bulk.came', { value: '{' }), message('bulk.came'), message('bulk.came', { version: 2 }), message('other.came'), message('bulk.came')];
    expect(shapeOf(runsOf(messages))).toEqual([1, 'undecodable', 1, 'undecodable', 'skipped', 1]);
  });

  it('keeps every message, once and in order', () => {
    const messages = Array.from({ length: 200 }, (_, n) => message(['bulk.came', 'bulk.came', 'bulk.went', 'single.came', 'other.came'][(n * 7) % 5] ?? ''));
    const offsets = runsOf(messages, { events: 3, bytes: 10_000 }).flatMap((run) => (run.kind === 'events' ? run.events.map((event) => event.message.offset) : [run.message.offset]));
    expect(offsets).toEqual(messages.map(({ offset }) => offset));
  });

  it('bounds a batch in events', () => {
    expect(shapeOf(runsOf(times(7, () => message('bulk.came')), { events: 3, bytes: 10_000 }))).toEqual([3, 3, 1]);
  });

  it('bounds a batch in bytes, and takes one that is larger alone', () => {
    const sized = (bytes: number) => message('bulk.came', { value: JSON.stringify({ pad: 'x'.repeat(bytes - 10) }) });
    const runs = runsOf([40, 40, 40, 200, 40, 60, 11].map(sized), { events: 100, bytes: 100 });
    expect(shapeOf(runs)).toEqual([2, 1, 1, 2, 1]);
  });

  it('puts events that were sent again together like any, each with its own first place', () => {
    const redriven = (offset: string) => message('bulk.came', { headers: { dlq_topic: topic, dlq_partition: '4', dlq_offset: offset, dlq_replay_count: '2' } });
    const [run] = runsOf([redriven('17'), redriven('3')], undefined, redriveTopicOf(group));
    const events = run?.kind === 'events' ? run.events : [];
    expect(events.map(({ event }) => [event.topic, event.partition, event.offset])).toEqual([[topic, 4, '17'], [topic, 4, '3']]);
    expect(events.map(({ origin }) => origin.replayCount)).toEqual([2, 2]);
  });
});

describe('MessageRouter with versions', () => {
  const sample = { type: 'crate.moved', topic, aggregateType: 'sample' } as const;
  const V1 = defineEvent<{ place: string }>()({ ...sample, version: 1, schema: field.record({ place: field.text(20) }) });
  const V2 = defineEvent<{ to: string }>()({ ...sample, version: 2, schema: field.record({ to: field.text(20) }), upcaster: upcastFrom(V1, ({ place }) => ({ to: place })) });
  const V3 = defineEvent<{ to: { name: string } }>()({
    ...sample,
    version: 3,
    schema: field.record({ to: field.record({ name: field.text(10) }) }),
    upcaster: upcastFrom(V2, ({ to }) => ({ to: { name: to } })),
  });
  const V4 = defineEvent<object>()({ ...sample, version: 4, schema: field.record({}) });
  const schemas = new EventSchemas([V1, V2, V3, V4]);

  /** What handlers of these versions are given of a message, as `version payload`, or why they are given nothing. */
  function routed(version: number, payload: unknown, ...handled: number[]): string {
    const handlers = new Map(handled.map((one) => [`crate.moved.v${one}`, many]));
    const router = new MessageRouter({ group, schemas, handlers, batch: { events: 10, bytes: 10_000 } });
    const [run] = [...router.runsOf({ topic, partition: 0 }, [message('crate.moved', { version, value: JSON.stringify(payload) })])];
    if (run?.kind === 'undecodable') return run.error.code;
    return run?.kind === 'events' ? run.events.map(({ event }) => `${event.version} ${JSON.stringify(event.payload)}`).join() : 'skipped';
  }

  it('gives an old event to the handler of a newer version, upcast step by step', () => {
    expect(routed(1, { place: 'dock' }, 3)).toBe('3 {"to":{"name":"dock"}}');
    expect(routed(2, { to: 'dock' }, 3)).toBe('3 {"to":{"name":"dock"}}');
    expect(routed(3, { to: { name: 'dock' } }, 3)).toBe('3 {"to":{"name":"dock"}}');
  });

  it('takes the handler of the very version first, and the next newer one then', () => {
    expect(routed(1, { place: 'dock' }, 3, 1)).toBe('1 {"place":"dock"}');
    expect(routed(1, { place: 'dock' }, 3, 2)).toBe('2 {"to":"dock"}');
  });

  it('puts aside what it has no handler or no way for', () => {
    expect(routed(2, { to: 'dock' }, 1)).toBe('unhandled_version');
    expect(routed(3, { to: { name: 'dock' } }, 4)).toBe('unhandled_version');
    expect(routed(5, {}, 4)).toBe('unknown_event');
    expect(routed(1, { place: 'dock' })).toBe('skipped');
  });

  it('holds an old payload against its own schema, and what is made of it against the new one', () => {
    expect(routed(1, { to: 'dock' }, 3)).toBe('schema_mismatch');
    expect(routed(1, { place: 'a long long place' }, 3)).toBe('upcast_failed');
  });

  it('puts old and new events together for a handler of batches', () => {
    const router = new MessageRouter({ group, schemas, handlers: new Map([['crate.moved.v3', many]]), batch: { events: 10, bytes: 10_000 } });
    const messages = [message('crate.moved', { value: '{"place":"a"}' }), message('crate.moved', { version: 3, value: '{"to":{"name":"b"}}' })];
    expect(shapeOf([...router.runsOf({ topic, partition: 0 }, messages)])).toEqual([2]);
  });
});
