import { EventSchemas } from '@plinth/contracts';
import type { Scope, Transactor, Tx } from '@plinth/database';
import { backoffDelayMs, newId, Problem } from '@plinth/kernel';
import type { KafkaMessage } from 'kafkajs';
import { encodeEvent } from './cloud-events.js';
import { newCounters } from './consumer-counters.js';
import type { EventProducer, OutgoingMessage, PublishOutcome } from './event-producer.js';
import { defaultRetryPolicy, MessageProcessor } from './message-processor.js';
import type { EventHandler } from './message-router.js';
import type { ReceivedEvent } from './on-event.js';
import { silentLogger } from './testing.js';

const source = { topic: 'plinth.sample', partition: 0 };
const never = new AbortController().signal;
const tenantId = newId();

function message(value: string, offset = 7): KafkaMessage {
  const id = newId();
  const encoded = encodeEvent({ id, source: 'plinth/test', type: 'sample.happened', version: 1, aggregateType: 'sample', aggregateId: id, time: new Date(), tenantId, sequence: null, traceparent: null }, value);
  const headers = Object.fromEntries(Object.entries(encoded.headers).map(([name, one]) => [name, Buffer.from(one)]));
  return { key: Buffer.from(id), value: Buffer.from(value), headers, offset: String(offset), timestamp: '0', attributes: 0 };
}

const numbered = (count: number) => Array.from({ length: count }, (_, n) => message(`{"n":${n}}`, n));
const numberOf = ({ payload }: ReceivedEvent) => (payload as { n: number }).n;

interface SetupOptions {
  readonly outcomes?: PublishOutcome['kind'][];
  readonly handler?: EventHandler['handle'];
  readonly takesBatches?: boolean;
}

/** A processor whose dead-letter topic answers as told, and whose database takes every inbox row. */
function setup({ outcomes = [], handler = async () => undefined, takesBatches = false }: SetupOptions = {}) {
  const letters: OutgoingMessage[] = [];
  const publish = async ([letter]: readonly OutgoingMessage[]): Promise<PublishOutcome[]> => {
    if (letter !== undefined) letters.push(letter);
    const kind = outcomes.shift() ?? 'acknowledged';
    return [kind === 'acknowledged' || kind === 'held' ? { kind } : { kind, code: 'ECONNREFUSED' }];
  };
  const tx = { query: async (_: string, [, ids]: [string, string[]]) => ids.map((id) => ({ event_id: id })) } as unknown as Tx;
  const scopes: Scope[] = [];
  const run: Transactor['run'] = async (scope, work) => {
    scopes.push(scope);
    return await work(tx);
  };
  const counters = newCounters();
  const processor = new MessageProcessor({
    ...{ group: 'g', schema: 's', transactor: { run }, counters, logger: silentLogger },
    schemas: new EventSchemas([{ type: 'sample.happened', version: 1, topic: source.topic, aggregateType: 'sample', schema: { type: 'object' } }]),
    producer: { publish } as unknown as EventProducer,
    retry: { maxAttempts: 3, handler: { baseMs: 1, capMs: 2 }, outage: { baseMs: 1, capMs: 2 } },
    handlers: new Map([['sample.happened.v1', { takesBatches, handle: handler }]]),
  });
  /** The offsets that were done, as they were told. */
  async function process(messages: readonly KafkaMessage[], signal = never) {
    const done: string[] = [];
    for await (const { offset } of processor.process(source, messages, signal)) done.push(offset);
    return done;
  }
  return { process, letters, counters, scopes };
}

describe('MessageProcessor', () => {
  it('writes a dead letter as often as it takes, and is done only then', async () => {
    const { process, letters, counters } = setup({ outcomes: ['unavailable', 'unavailable', 'acknowledged'] });
    expect(await process([message('{"n":')])).toEqual(['7']);
    expect(letters).toHaveLength(3);
    expect(counters.deadLettered).toBe(1);
  });

  it.each([
    ['malformed', '1'],
    ['invalid', '1'],
    ['not_found', '3'],
    ['conflict', '3'],
  ] as const)('puts an event aside whose handler finds it %s after %s attempts', async (kind, attempts) => {
    const { process, letters } = setup({
      handler: async () => {
        throw new Problem('sample_refused', kind);
      },
    });
    expect(await process([message('{}')])).toEqual(['7']);
    expect(letters.map(({ headers }) => headers['dlq_attempts'])).toEqual([attempts]);
  });

  it('waits less than 4 s in all before a failing event is put aside, so that its partition moves on within 10 s', () => {
    const longest = (failures: number) => backoffDelayMs(failures, defaultRetryPolicy.handler, () => 1);
    expect(Array.from({ length: defaultRetryPolicy.maxAttempts - 1 }, (_, n) => longest(n + 1)).reduce((sum, wait) => sum + wait)).toBeLessThan(4000);
  });

  it('leaves the message to be read again when it is stopped before the dead letter is written', async () => {
    const stop = new AbortController();
    const { process, counters } = setup({
      handler: async () => {
        stop.abort();
        throw new Error('failed in the last moment');
      },
    });
    expect(await process([message('{}')], stop.signal)).toEqual([]);
    expect(counters).toMatchObject({ failedAttempts: 1, deadLettered: 0, handled: 0 });
  });

  it('finishes a try that is running when it is stopped', async () => {
    const stop = new AbortController();
    const { process, counters } = setup({ handler: async () => stop.abort() });
    expect(await process([message('{}')], stop.signal)).toEqual(['7']);
    expect(counters.handled).toBe(1);
  });

  it.each(['database_unavailable', 'storage_full'])('uses up no try for %s', async (code) => {
    let calls = 0;
    const { process, counters } = setup({
      handler: async () => {
        if (++calls <= 10) throw new Problem(code, 'unavailable');
      },
    });
    expect(await process([message('{}')])).toEqual(['7']);
    expect(counters).toMatchObject({ handled: 1, failedAttempts: 0, deadLettered: 0 });
  });

  it('gives a handler its tries and no more', async () => {
    let calls = 0;
    const { process, letters } = setup({
      handler: async () => {
        calls += 1;
        throw Object.assign(new Error('of a@b.example'), { code: 'E1' });
      },
    });
    expect(await process([message('{}')])).toEqual(['7']);
    expect(calls).toBe(3);
    expect(letters.map(({ headers }) => [headers['dlq_attempts'], headers['dlq_error']])).toEqual([['3', 'Error:E1']]);
  });

  it('gives each event a transaction of its tenant, and tells of each as it is done', async () => {
    const { process, scopes } = setup();
    expect(await process(numbered(3))).toEqual(['0', '1', '2']);
    expect(scopes.map(({ tenantId: of }) => of)).toEqual([tenantId, tenantId, tenantId]);
  });

  it('begins nothing more once it is stopped', async () => {
    const stop = new AbortController();
    const { process, counters } = setup({ handler: async ([event]) => (numberOf(event!) === 1 ? stop.abort() : undefined) });
    expect(await process(numbered(3), stop.signal)).toEqual(['0', '1']);
    expect(counters.handled).toBe(2);
  });
});

describe('MessageProcessor with a handler of batches', () => {
  const failsOn = (bad: number) => async (events: readonly ReceivedEvent[]) => {
    if (events.some((event) => numberOf(event) === bad)) throw Object.assign(new Error('bad'), { code: 'E1' });
  };

  it('gives it all consecutive events in one transaction, which speaks for no tenant', async () => {
    const batches: number[][] = [];
    const { process, scopes, counters } = setup({ takesBatches: true, handler: async (events) => void batches.push(events.map(numberOf)) });
    expect(await process(numbered(4))).toEqual(['3']);
    expect(batches).toEqual([[0, 1, 2, 3]]);
    expect(scopes).toEqual([{ tenantId: null, principalId: null }]);
    expect(counters).toMatchObject({ handled: 4, failedAttempts: 0 });
  });

  it('isolates the one that fails, which has all its tries, and handles the others in order', async () => {
    const handled: number[] = [];
    const handler = async (events: readonly ReceivedEvent[]) => {
      await failsOn(5)(events);
      handled.push(...events.map(numberOf));
    };
    const { process, letters, counters } = setup({ takesBatches: true, handler });
    expect((await process(numbered(8))).at(-1)).toBe('7');
    expect(handled).toEqual([0, 1, 2, 3, 4, 6, 7]);
    expect(letters.map(({ headers }) => [headers['dlq_offset'], headers['dlq_attempts'], headers['dlq_error']])).toEqual([['5', '3', 'Error:E1']]);
    // The batch, two halves of it, and three tries alone.
    expect(counters).toMatchObject({ handled: 7, failedAttempts: 6, deadLettered: 1 });
  });

  it('tells in order of what is done, also while it looks for the one that fails', async () => {
    const { process } = setup({ takesBatches: true, handler: failsOn(5) });
    expect(await process(numbered(8))).toEqual(['3', '4', '5', '7']);
  });

  it('does not take a batch apart while its database is away', async () => {
    const sizes: number[] = [];
    const handler = async (events: readonly ReceivedEvent[]) => {
      if (sizes.push(events.length) <= 4) throw new Problem('database_unavailable', 'unavailable');
    };
    const { process, counters } = setup({ takesBatches: true, handler });
    expect(await process(numbered(4))).toEqual(['3']);
    expect(sizes).toEqual([4, 4, 4, 4, 4]);
    expect(counters).toMatchObject({ handled: 4, failedAttempts: 0 });
  });

  it('leaves what is not done to be read again when it is stopped while it looks for the one that fails', async () => {
    const stop = new AbortController();
    const handler = async (events: readonly ReceivedEvent[]) => {
      if (events.length === 1) stop.abort();
      await failsOn(3)(events);
    };
    const { process, letters, counters } = setup({ takesBatches: true, handler });
    expect(await process(numbered(8), stop.signal)).toEqual(['1', '2']);
    expect(counters.handled).toBe(3);
    expect(letters).toEqual([]);
  });

  it('puts what cannot be read aside in its order, between the events around it', async () => {
    const story: string[] = [];
    const { process, letters } = setup({ takesBatches: true, handler: async (events) => void story.push(...events.map((event) => `event ${numberOf(event)} after ${letters.length} letters`)) });
    const [zero, one, two] = numbered(3);
    expect(await process([zero!, message('{', 10), one!, message('{', 11), two!])).toEqual(['0', '10', '1', '11', '2']);
    expect(story).toEqual(['event 0 after 0 letters', 'event 1 after 1 letters', 'event 2 after 2 letters']);
  });
});
