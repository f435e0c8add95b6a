import { Controller, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventSchemas, redriveTopicOf, type EventDefinition } from '@plinth/contracts';
import { Transactor, type Tx } from '@plinth/database';
import { newId } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { Metrics } from '@plinth/telemetry';
import { TestDatabase, testKafkaBrokers } from '@plinth/testing';
import kafkajs from 'kafkajs';
import { encodeEvent } from '../cloud-events.js';
import { EventProducer, type OutgoingMessage } from '../event-producer.js';
import { InboxTransport } from '../inbox-transport.js';
import { inboxMigrations } from '../inbox.js';
import { LatestVersionWins, latestVersionMigrations } from '../latest-version-wins.js';
import { OnEvent, OnEventBatch, type ReceivedEvent } from '../on-event.js';
import { createTestTopic, readTopic, silentLogger, testKafka, uniqueName } from '../testing.js';

export const sampleSchema = 'inbox_test';

type Sample = ReceivedEvent<{ n: number }>;

/** What the handler does after its effect; a test changes it. */
class Behaviour {
  after: (event: Sample, tx: Tx) => Promise<void> = async () => undefined;
}

abstract class Handlers {
  constructor(@Inject(Behaviour) private readonly behaviour: Behaviour) {}

  protected async take(event: Sample, tx: Tx): Promise<void> {
    await tx.query(`INSERT INTO ${sampleSchema}.effect (event_id, n) VALUES ($1, $2)`, [event.id, event.payload.n]);
    await this.behaviour.after(event, tx);
  }
}

@Controller()
export class SingleHandlers extends Handlers {
  @OnEvent('sample.happened', 1)
  async record(event: Sample, tx: Tx): Promise<void> {
    await this.take(event, tx);
  }
}

@Controller()
export class BatchHandlers extends Handlers {
  @OnEventBatch('sample.happened', 1)
  async record(events: readonly Sample[], tx: Tx): Promise<void> {
    for (const event of events) await this.take(event, tx);
  }
}

/** Keep the last `n` of each aggregate, as it were. */
@Controller()
@LatestVersionWins('sample')
export class LatestHandlers extends Handlers {
  @OnEvent('sample.happened', 1)
  async record(event: Sample, tx: Tx): Promise<void> {
    await this.take(event, tx);
  }
}

@Controller()
@LatestVersionWins('sample')
export class LatestBatchHandlers extends Handlers {
  @OnEventBatch('sample.happened', 1)
  async record(events: readonly Sample[], tx: Tx): Promise<void> {
    for (const event of events) await this.take(event, tx);
  }
}

type SampleHandlers = typeof SingleHandlers | typeof BatchHandlers | typeof LatestHandlers | typeof LatestBatchHandlers;

interface SampleGroupOptions {
  readonly handlers: SampleHandlers;
  readonly partitions?: number;
  /** The door by which the database is reached. */
  readonly through?: string;
  /** Whether the group reads a redrive topic too. */
  readonly redriven?: boolean;
}

/** Consumer groups with a topic each and a handler of `sample.happened.v1`, whose effects and inbox rows are in one database. */
export class SampleGroups {
  private readonly cleanups: (() => Promise<void>)[] = [];

  private constructor(readonly database: TestDatabase) {}

  static async open(): Promise<SampleGroups> {
    return new SampleGroups(await TestDatabase.create([{ schema: sampleSchema, migrations: migrations() }]));
  }

  /** To be run, in reverse order, after the test. */
  afterwards(cleanup: () => Promise<void>): void {
    this.cleanups.push(cleanup);
  }

  /** After each test: ends what it left running, and empties the tables. */
  async cleanUp(): Promise<void> {
    for (const cleanup of this.cleanups.splice(0).reverse()) await cleanup();
    await this.database.query(`TRUNCATE ${sampleSchema}.effect, ${sampleSchema}.inbox, ${sampleSchema}.aggregate_seen`);
  }

  async create({ handlers, partitions = 1, through, redriven = false }: SampleGroupOptions) {
    const { database } = this;
    const kafka = testKafka(testKafkaBrokers());
    const topic = uniqueName('transport');
    const group = uniqueName('group');
    const declared = [await createTestTopic(kafka, topic, partitions)];
    if (redriven) declared.push(await createTestTopic(kafka, redriveTopicOf(group)));
    await createTestTopic(kafka, 'plinth.dead-letter');
    const url = this.urlThrough(through);
    const transactor = new Transactor({ appDatabaseUrl: url, systemDatabaseUrl: url, poolSize: 5, applicationName: group });
    this.afterwards(() => transactor.close());
    const producer = new EventProducer({ kafka, logger: silentLogger });
    this.afterwards(() => producer.close());
    const behaviour = new Behaviour();

    @Module({ controllers: [handlers], providers: [{ provide: Behaviour, useValue: behaviour }] })
    class SampleModule {}

    const metrics = new Metrics('test');
    const log: string[] = [];
    const destination = { write: (line: string) => void log.push((JSON.parse(line) as { msg: string }).msg) };
    const logger = Logger.create({ service: 'test', level: 'info', format: 'json', destination });

    return {
      ...{ transactor, kafka, topic, group, behaviour, metrics },
      /** The messages of the transport's log lines so far. */
      log: log as readonly string[],

      /** A replica of the group. */
      start: async (client = kafka) => {
        const transport = new InboxTransport({
          ...{ kafka: client, groupId: group, schema: sampleSchema, transactor, logger, metrics, events: eventsOf(topic), topics: declared },
          retry: { maxAttempts: 5, handler: { baseMs: 5, capMs: 20 }, outage: { baseMs: 20, capMs: 100 } },
        });
        const app = await NestFactory.createMicroservice(SampleModule, { strategy: transport, logger: false });
        await app.listen();
        let stopped: Promise<void> | undefined;
        const stop = () => (stopped ??= app.close());
        this.afterwards(stop);
        return { transport, counters: transport.counters, stop };
      },

      async publish(...messages: readonly OutgoingMessage[]) {
        const outcomes = await producer.publish(messages);
        expect(outcomes.filter((outcome) => outcome.kind !== 'acknowledged')).toEqual([]);
      },

      /** @param sequence the aggregate's version */
      event(n: unknown, id = newId(), key = newId(), sequence: string | null = null): OutgoingMessage {
        const envelope = { id, source: 'plinth/test', type: 'sample.happened', version: 1, aggregateType: 'sample', aggregateId: key, time: new Date(), tenantId: null, sequence, traceparent: null };
        return { topic, ...encodeEvent(envelope, JSON.stringify({ n })) };
      },

      effects: async () => (await database.query<{ n: number }>(`SELECT n FROM ${sampleSchema}.effect ORDER BY place`)).map((row) => row.n),
      inboxRows: async () => (await database.query(`SELECT 1 AS one FROM ${sampleSchema}.inbox WHERE consumer_group = $1`, [group])).length,
      deadLetters: async () => (await readTopic(kafka, 'plinth.dead-letter')).filter((letter) => String(letter.headers?.['dlq_group']) === group),

      /** The members' ids, where no rebalance is under way. */
      async members() {
        const admin = kafka.admin();
        await admin.connect();
        const { groups } = await admin.describeGroups([group]).finally(() => admin.disconnect());
        return groups[0]?.state === 'Stable' ? groups[0].members.map(({ memberId }) => memberId).sort() : [];
      },

      /** As if the group had committed this offset of its first partition last. No replica may run. */
      async setOffset(offset: string) {
        const admin = kafka.admin();
        await admin.connect();
        await admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 0, offset }] }).finally(() => admin.disconnect());
      },
    };
  }

  /** As the service's role. */
  private urlThrough(door: string | undefined): string {
    const url = new URL(this.database.appUrl(sampleSchema));
    if (door !== undefined) url.host = door;
    return url.href;
  }
}

function eventsOf(topic: string): EventSchemas {
  const schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'], additionalProperties: false };
  const definition = (type: string, version: number): EventDefinition => ({ type, version, topic, aggregateType: 'sample', schema });
  return new EventSchemas([definition('sample.happened', 1), definition('sample.happened', 2), definition('sample.ignored', 1)]);
}

function migrations() {
  const effect = {
    name: '0001_effect',
    up: `CREATE TABLE ${sampleSchema}.effect (place bigint GENERATED ALWAYS AS IDENTITY, event_id uuid NOT NULL, n int NOT NULL);
         GRANT SELECT, INSERT ON ${sampleSchema}.effect TO plinth_${sampleSchema}_app;`,
    down: `DROP TABLE ${sampleSchema}.effect`,
  };
  return [...inboxMigrations(sampleSchema), ...latestVersionMigrations(sampleSchema), effect];
}

/** Two keys that the producer's partitioner puts into two partitions of a topic that has two. */
export function keysOfTwoPartitions(): [string, string] {
  const partitionMetadata = [0, 1].map((partitionId) => ({ partitionId, leader: 0, replicas: [], isr: [], partitionErrorCode: 0 }));
  const partitionOf = (key: string) => kafkajs.Partitioners.DefaultPartitioner()({ topic: 'any', partitionMetadata, message: { key, value: null } });
  const first = newId();
  for (;;) {
    const second = newId();
    if (partitionOf(second) !== partitionOf(first)) return [first, second];
  }
}

export const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

export function headersOf(message: { readonly headers?: object | undefined } | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(message?.headers ?? {}).map(([name, value]) => [name, String(value)]));
}
