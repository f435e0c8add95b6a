import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventSchemas, type EventDefinition } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import { newId } from '@plinth/kernel';
import { Tracing } from '@plinth/telemetry';
import { eventually, FakeCollector, TestDatabase, testKafkaBrokers } from '@plinth/testing';
import { encodeEvent } from './cloud-events.js';
import { EventProducer } from './event-producer.js';
import { inboxMigrations } from './inbox.js';
import { InboxTransport } from './inbox-transport.js';
import { OnEvent, OnEventBatch, type ReceivedEvent } from './on-event.js';
import { createTestTopic, readTopic, silentLogger, testKafka, uniqueName } from './testing.js';

const schema = 'tracing_test';
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentId = '00f067aa0ba902b7';

const seen: ReceivedEvent[] = [];

@Controller()
class SampleHandlers {
  @OnEvent('sample.happened', 1)
  async record(event: ReceivedEvent): Promise<void> {
    seen.push(event);
    if ((event.payload as { broken?: true }).broken) throw Object.assign(new Error('of ann@example.org'), { name: 'SampleError' });
  }

  @OnEventBatch('sample.counted', 1)
  async count(events: readonly ReceivedEvent[]): Promise<void> {
    seen.push(...events);
  }
}
@Module({ controllers: [SampleHandlers] })
class SampleModule {}

let database: TestDatabase;
const cleanups: (() => Promise<void>)[] = [];

beforeAll(async () => {
  database = await TestDatabase.create([{ schema, migrations: inboxMigrations(schema) }]);
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  seen.length = 0;
});
afterAll(() => database.drop());

async function setup() {
  const kafka = testKafka(testKafkaBrokers());
  const [topic, group] = [uniqueName('tracing'), uniqueName('group')];
  const declared = await createTestTopic(kafka, topic);
  await createTestTopic(kafka, 'plinth.dead-letter');
  const definition = (type: string): EventDefinition => ({ type, version: 1, topic, aggregateType: 'sample', schema: {} });
  const collector = await FakeCollector.listen();
  cleanups.push(() => collector.stop());
  const tracingOf = (service: string) => Tracing.create(service, { endpoint: collector.endpoint, onOutage: () => undefined, onRecovery: () => undefined });
  const [relayTracing, consumerTracing] = [await tracingOf('relay'), await tracingOf('consumer')];

  const transactor = new Transactor({ appDatabaseUrl: database.appUrl(schema), systemDatabaseUrl: database.appUrl(schema), poolSize: 3, applicationName: group });
  cleanups.push(() => transactor.close());
  const strategy = new InboxTransport({
    ...{ kafka, groupId: group, schema, transactor, logger: silentLogger, topics: [declared], tracing: consumerTracing },
    events: new EventSchemas([definition('sample.happened'), definition('sample.counted')]),
    retry: { maxAttempts: 2, handler: { baseMs: 1, capMs: 5 }, outage: { baseMs: 20, capMs: 100 } },
  });
  const consumer = await NestFactory.createMicroservice(SampleModule, { strategy, logger: false });
  await consumer.listen();
  cleanups.push(() => consumer.close());
  const producer = new EventProducer({ kafka, logger: silentLogger, tracing: relayTracing });
  cleanups.push(() => producer.close());

  return {
    kafka,
    topic,
    group,
    collector,
    counters: strategy.counters,
    publish: async (...events: { type?: string; payload?: object; traceparent: string | null }[]) => {
      const messages = events.map(({ type = 'sample.happened', payload = {}, traceparent }) => {
        const id = newId();
        const envelope = { id, source: 'plinth/test', type, version: 1, aggregateType: 'sample', aggregateId: id, time: new Date(), tenantId: null, sequence: null, traceparent };
        return { topic, ...encodeEvent(envelope, JSON.stringify(payload)) };
      });
      expect(await producer.publish(messages)).toEqual(messages.map(() => ({ kind: 'acknowledged' })));
    },
    async spans() {
      await relayTracing.onApplicationShutdown();
      await consumerTracing.onApplicationShutdown();
      return collector.spans;
    },
  };
}

describe('the trace of an event', () => {
  it('goes from the request that caused it to its publication, and from there to its handling and what that causes', async () => {
    const test = await setup();
    await test.publish({ traceparent: `00-${traceId}-${parentId}-01` });
    await eventually(() => expect(test.counters.handled).toBe(1));
    const spans = await test.spans();
    const [published, processed] = [spans.find(({ kind }) => kind === 4), spans.find(({ kind }) => kind === 5)];
    expect(published).toMatchObject({ service: 'relay', name: `publish ${test.topic}`, traceId, parentSpanId: parentId, failed: false });
    expect(processed).toMatchObject({ service: 'consumer', name: `process ${test.topic}`, traceId, parentSpanId: published?.spanId, failed: false });
    expect(processed?.attributes).toEqual({
      'messaging.destination.name': test.topic,
      'messaging.consumer.group.name': test.group,
      'messaging.message.id': seen[0]?.id,
      'plinth.event.type': 'sample.happened.v1',
      'plinth.attempts': 1,
    });
    expect(seen[0]?.traceparent).toBe(`00-${traceId}-${processed?.spanId}-01`);
  });

  it('tells of a handler that fails for good, and nothing of why', async () => {
    const test = await setup();
    await test.publish({ payload: { broken: true }, traceparent: `00-${traceId}-${parentId}-01` });
    await eventually(() => expect(test.counters.deadLettered).toBe(1));
    const processed = (await test.spans()).find(({ kind }) => kind === 5);
    expect(processed).toMatchObject({ failed: true, attributes: { 'plinth.attempts': 2, 'error.type': 'dead_letter' } });
    expect(test.collector.text).not.toContain('ann@');
    // The letter keeps the header that it came with, for whoever sends it again.
    const letter = (await readTopic(test.kafka, 'plinth.dead-letter')).find(({ headers }) => String(headers?.['dlq_group']) === test.group);
    expect(String(letter?.headers?.['ce_traceparent'])).toBe(`00-${traceId}-${processed?.parentSpanId}-01`);
  });

  it('has a span for each event of a batch, and none for an event without a trace', async () => {
    const test = await setup();
    const ids = ['a', 'b', 'c'].map((letter) => letter.repeat(32));
    const counted = ids.map((id) => ({ type: 'sample.counted', traceparent: `00-${id}-${parentId}-01` }));
    await test.publish(...counted, { type: 'sample.counted', traceparent: null });
    await eventually(() => expect(test.counters.handled).toBe(4));
    const spans = await test.spans();
    expect(spans.filter(({ kind }) => kind === 5).map((span) => span.traceId).sort()).toEqual(ids);
    expect(spans.filter(({ kind }) => kind === 4).map((span) => span.traceId).sort()).toEqual(ids);
    expect(seen.at(-1)?.traceparent).toBeNull();
  });
});
