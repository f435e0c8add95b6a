import { setTimeout as delay } from 'node:timers/promises';
import { TenantUpdatedV1 } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import type { KafkaClient } from '@plinth/kafka';
import { newId } from '@plinth/kernel';
import { CommitHint } from '@plinth/outbox';
import pg from 'pg';
import { secondsSince } from '../seconds-since.ts';
import { appendRows, sampleTenants } from './sample-events.ts';

/** Events of one commit. */
const rowsPerCommit = 10;
const writers = 4;
const giveUpMs = 60_000;

/** What became of events that were committed at a steady rate. */
export interface SteadyRun {
  /** Rows a second that were really committed. */
  readonly reached: number;
  /** From the commit to a consumer, in milliseconds. */
  readonly medianMs: number;
  readonly p99Ms: number;
}

/** A consumer beside the relay, while events are committed at the rate, each commit followed by the hint that a service sends. @param rate rows a second */
export async function steadyRun(rate: number, seconds: number, databaseUrl: string, kafka: KafkaClient): Promise<SteadyRun> {
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
  const clients = await Promise.all(Array.from({ length: writers }, () => connected(databaseUrl)));
  const transactor = new Transactor({ appDatabaseUrl: databaseUrl, systemDatabaseUrl: databaseUrl, poolSize: 1, applicationName: 'bench' });
  const hint = new CommitHint(transactor, 'tenancy');
  try {
    const commits = (rate / rowsPerCommit) * seconds;
    const tenantIds = sampleTenants();
    const start = performance.now();
    await Promise.all(
      clients.map(async (client, own) => {
        for (let n = own; n < commits; n += writers) {
          await delay(Math.max(0, start + (n * rowsPerCommit * 1000) / rate - performance.now()));
          await appendRows(client, rowsPerCommit, tenantIds);
          hint.send();
        }
      }),
    );
    const wanted = commits * rowsPerCommit;
    const reached = wanted / secondsSince(start);
    for (const giveUp = performance.now() + giveUpMs; latencies.length < wanted && performance.now() < giveUp; ) await delay(20);
    if (latencies.length < wanted) throw new Error(`${latencies.length} of ${wanted} events reached the consumer`);
    return { reached, medianMs: percentile(latencies, 0.5), p99Ms: percentile(latencies, 0.99) };
  } finally {
    await transactor.close();
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
