import { setTimeout as delay } from 'node:timers/promises';
import { TenantUpdatedV1 } from '@plinth/contracts';
import { killPart, restartPart } from '@plinth/dev-stack';
import { createKafka, encodeEvent, type KafkaClient } from '@plinth/kafka';
import { newId } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import pg from 'pg';
import type { BenchStack, Benchmark, Measurement } from './benchmark.ts';

const backlog = 200_000;
const rounds = 5;
const tenants = 20;
const rawBatch = 1000;
const giveUpMs = 300_000;
const steadyRates = [1_000, 5_000] as const;
const steadySeconds = 20;
/** Events of one commit while rows are appended steadily. */
const rowsPerCommit = 10;

/** The relay's two jobs: to work off what an outage left, and to keep up. */
export const relay: Benchmark = {
  name: 'relay',
  about: `outbox-relay drains ${backlog} events of ${tenants} tenants, and publishes while rows are appended; latency is from the commit to a consumer`,
  async run(stack) {
    const client = new pg.Client({ connectionString: stack.facts.databaseUrl });
    await client.connect();
    const kafka = createKafka({ brokers: stack.facts.kafkaBrokers, clientId: 'bench', logger: Logger.create({ service: 'bench', level: 'silent', format: 'json' }) });
    try {
      const [raw, appended, drained]: [number[], number[], number[]] = [[], [], []];
      for (let round = 0; round < rounds; round += 1) {
        raw.push(await rawProducerRate(kafka));
        await killPart(stack.home, 'outbox-relay', 'SIGTERM');
        appended.push(await append(client, backlog));
        drained.push(await drain(stack, client));
      }
      const steady: Measurement[] = [];
      for (const rate of steadyRates) steady.push(...(await latencyAt(rate, stack, kafka)));
      return [
        { name: 'raw kafkajs producer, batches of 1000', unit: 'events/s', samples: raw },
        { name: 'rows appended by unnest', unit: 'rows/s', samples: appended },
        { name: 'relay drains the backlog', unit: 'events/s', samples: drained },
        ...steady,
      ];
    } finally {
      await client.query('DELETE FROM tenancy.event_outbox');
      await client.end();
    }
  },
};

/** What the same messages cost without a database: kafkajs alone, as idempotent and acknowledged as the relay's. */
async function rawProducerRate(kafka: KafkaClient): Promise<number> {
  const producer = kafka.producer({ idempotent: true, allowAutoTopicCreation: false });
  await producer.connect();
  try {
    const start = performance.now();
    const count = backlog / 4;
    for (let sent = 0; sent < count; sent += rawBatch) {
      const messages = Array.from({ length: rawBatch }, () => messageOf());
      await producer.sendBatch({ acks: -1, topicMessages: [{ topic: TenantUpdatedV1.topic, messages }] });
    }
    return count / secondsSince(start);
  } finally {
    await producer.disconnect();
  }
}

function messageOf() {
  const id = newId();
  const { type, version, aggregateType } = TenantUpdatedV1;
  const envelope = { id: newId(), source: 'plinth/bench', type, version, aggregateType, aggregateId: id, time: new Date(), tenantId: id, sequence: null, traceparent: null };
  return encodeEvent(envelope, JSON.stringify(payloadOf(id)));
}

function payloadOf(tenantId: string) {
  return { tenantId, changed: ['name', 'settings', 'contactEmail', 'timeZone'] };
}

/** Appends so many events in statements of 10,000, each of an aggregate of its own. @returns rows a second */
async function append(client: pg.Client, count: number): Promise<number> {
  const tenantIds = Array.from({ length: tenants }, () => newId());
  const start = performance.now();
  for (let done = 0; done < count; done += 10_000) await appendRows(client, 10_000, tenantIds);
  return count / secondsSince(start);
}

async function appendRows(client: pg.Client, count: number, tenantIds: readonly string[]): Promise<void> {
  const rows = Array.from({ length: count }, (_, n) => ({ id: newId(), aggregateId: newId(), tenantId: tenantIds[n % tenantIds.length] ?? '' }));
  await client.query(
    `INSERT INTO tenancy.event_outbox (id, event_type, event_version, payload, aggregate_id, aggregate_type, tenant_id, turn_id, aggregate_version, created_at)
     SELECT id, $5, $6, payload::jsonb, aggregate_id, $7, tenant_id, tenant_id, 1, clock_timestamp()
     FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[]) AS e (id, payload, aggregate_id, tenant_id)`,
    [
      ...[rows.map(({ id }) => id), rows.map(({ aggregateId }) => JSON.stringify(payloadOf(aggregateId)))],
      ...[rows.map(({ aggregateId }) => aggregateId), rows.map(({ tenantId }) => tenantId)],
      ...[TenantUpdatedV1.type, TenantUpdatedV1.version, TenantUpdatedV1.aggregateType],
    ],
  );
}

/** Starts the relay on what waits. @returns events a second between the first and the last mark, by the database's clock */
export async function drain(stack: BenchStack, client: pg.Client): Promise<number> {
  const [{ started }] = (await client.query<{ started: Date }>('SELECT clock_timestamp() AS started')).rows as [{ started: Date }];
  await restartPart(stack.home, 'outbox-relay');
  const start = performance.now();
  for (;;) {
    const { rows } = await client.query(`SELECT FROM tenancy.event_outbox WHERE status IN ('pending', 'processing') LIMIT 1`);
    if (rows.length === 0) break;
    if (performance.now() - start > giveUpMs) throw new Error(`the backlog was not drained within ${giveUpMs / 1000} s`);
    await delay(50);
  }
  const { rows } = await client.query<{ count: number; seconds: number }>(
    `SELECT count(*)::int AS count, extract(epoch FROM max(processed_at) - min(processed_at))::float8 AS seconds FROM tenancy.event_outbox WHERE processed_at > $1`,
    [started],
  );
  const [marked] = rows;
  if (marked === undefined || marked.count < backlog) throw new Error(`${marked?.count ?? 0} events were marked, ${backlog} were appended`);
  return marked.count / marked.seconds;
}

/** A consumer beside the relay, while events are committed at the rate. */
async function latencyAt(rate: number, stack: BenchStack, kafka: KafkaClient): Promise<Measurement[]> {
  const consumer = kafka.consumer({ groupId: `bench-${newId()}`, maxWaitTimeInMs: 10 });
  const latencies: number[] = [];
  const since = Date.now();
  await consumer.connect();
  await consumer.subscribe({ topic: TenantUpdatedV1.topic, fromBeginning: false });
  const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
  await consumer.run({
    eachMessage: async ({ message }) => {
      const committed = Date.parse(String(message.headers?.['ce_time']));
      if (committed >= since) latencies.push(Date.now() - committed);
    },
  });
  await joined;
  const clients = await Promise.all(Array.from({ length: 4 }, () => connected(stack.facts.databaseUrl)));
  try {
    const commits = (rate / rowsPerCommit) * steadySeconds;
    const start = performance.now();
    const tenantIds = Array.from({ length: tenants }, () => newId());
    await Promise.all(
      clients.map(async (client, own) => {
        for (let n = own; n < commits; n += clients.length) {
          await delay(Math.max(0, start + (n * rowsPerCommit * 1000) / rate - performance.now()));
          await appendRows(client, rowsPerCommit, tenantIds);
        }
      }),
    );
    const reached = (commits * rowsPerCommit) / secondsSince(start);
    const wanted = commits * rowsPerCommit;
    for (const giveUp = performance.now() + giveUpMs; latencies.length < wanted && performance.now() < giveUp; ) await delay(20);
    if (latencies.length < wanted) throw new Error(`${latencies.length} of ${wanted} events reached the consumer`);
    return [
      { name: `appended steadily, ${rate}/s wanted`, unit: 'rows/s', samples: [reached] },
      { name: `commit to consumer at ${rate}/s, median`, unit: 'ms', samples: [percentile(latencies, 0.5)] },
      { name: `commit to consumer at ${rate}/s, p99`, unit: 'ms', samples: [percentile(latencies, 0.99)] },
    ];
  } finally {
    await Promise.all(clients.map((client) => client.end()));
    await consumer.disconnect();
  }
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}
