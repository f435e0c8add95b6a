import { EventSchemas } from '@plinth/contracts';
import type { Transactor, Tx } from '@plinth/database';
import { newId, Problem } from '@plinth/kernel';
import type { KafkaMessage } from 'kafkajs';
import { encodeEvent } from './cloud-events.js';
import { newCounters } from './consumer-counters.js';
import type { EventProducer, OutgoingMessage, PublishOutcome } from './event-producer.js';
import { MessageProcessor, type EventHandler } from './message-processor.js';
import { silentLogger } from './testing.js';

const source = { topic: 'plinth.sample', partition: 0 };
const never = new AbortController().signal;

function message(value: string): KafkaMessage {
  const id = newId();
  const encoded = encodeEvent({ id, source: 'plinth/test', type: 'sample.happened', version: 1, aggregateType: 'sample', aggregateId: id, time: new Date(), tenantId: null, sequence: null, traceparent: null }, value);
  const headers = Object.fromEntries(Object.entries(encoded.headers).map(([name, one]) => [name, Buffer.from(one)]));
  return { key: Buffer.from(id), value: Buffer.from(value), headers, offset: '7', timestamp: '0', attributes: 0 };
}

/** A processor whose dead-letter topic answers as told, and whose database takes every inbox row. */
function setup({ outcomes = [], handler = async () => undefined }: { outcomes?: PublishOutcome['kind'][]; handler?: EventHandler } = {}) {
  const letters: OutgoingMessage[] = [];
  const publish = async ([letter]: readonly OutgoingMessage[]): Promise<PublishOutcome[]> => {
    if (letter !== undefined) letters.push(letter);
    const kind = outcomes.shift() ?? 'acknowledged';
    return [kind === 'acknowledged' || kind === 'held' ? { kind } : { kind, code: 'ECONNREFUSED' }];
  };
  const tx = { query: async () => [{}] } as unknown as Tx;
  const transactor: Pick<Transactor, 'run'> = { run: async (_, work) => work(tx) };
  const counters = newCounters();
  const processor = new MessageProcessor({
    ...{ group: 'g', schema: 's', transactor, counters, logger: silentLogger },
    schemas: new EventSchemas([{ type: 'sample.happened', version: 1, topic: source.topic, aggregateType: 'sample', schema: { type: 'object' } }]),
    producer: { publish } as unknown as EventProducer,
    retry: { maxAttempts: 3, handler: { baseMs: 1, capMs: 2 }, outage: { baseMs: 1, capMs: 2 } },
    handlers: new Map([['sample.happened.v1', handler]]),
  });
  return { processor, letters, counters };
}

describe('MessageProcessor', () => {
  it('writes a dead letter as often as it takes, and is done only then', async () => {
    const { processor, letters, counters } = setup({ outcomes: ['unavailable', 'unavailable', 'acknowledged'] });
    expect(await processor.process(source, message('{"n":'), never)).toBe(true);
    expect(letters).toHaveLength(3);
    expect(counters.deadLettered).toBe(1);
  });

  it('leaves the message to be read again when it is stopped before the dead letter is written', async () => {
    const stop = new AbortController();
    const { processor, counters } = setup({
      handler: async () => {
        stop.abort();
        throw new Error('failed in the last moment');
      },
    });
    expect(await processor.process(source, message('{}'), stop.signal)).toBe(false);
    expect(counters).toMatchObject({ failedAttempts: 1, deadLettered: 0, handled: 0 });
  });

  it('finishes a try that is running when it is stopped', async () => {
    const stop = new AbortController();
    const { processor, counters } = setup({ handler: async () => stop.abort() });
    expect(await processor.process(source, message('{}'), stop.signal)).toBe(true);
    expect(counters.handled).toBe(1);
  });

  it.each(['database_unavailable', 'storage_full'])('uses up no try for %s', async (code) => {
    let calls = 0;
    const { processor, counters } = setup({
      handler: async () => {
        if (++calls <= 10) throw new Problem(code, 'unavailable');
      },
    });
    expect(await processor.process(source, message('{}'), never)).toBe(true);
    expect(counters).toMatchObject({ handled: 1, failedAttempts: 0, deadLettered: 0 });
  });

  it('gives a handler its tries and no more', async () => {
    let calls = 0;
    const { processor, letters } = setup({
      handler: async () => {
        calls += 1;
        throw Object.assign(new Error('of a@b.example'), { code: 'E1' });
      },
    });
    expect(await processor.process(source, message('{}'), never)).toBe(true);
    expect(calls).toBe(3);
    expect(letters.map(({ headers }) => [headers['dlq_attempts'], headers['dlq_error']])).toEqual([['3', 'Error:E1']]);
  });
});
