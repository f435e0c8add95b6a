import { setTimeout as delay } from 'node:timers/promises';
import { killPart, restartPart } from '@plinth/dev-stack';
import type pg from 'pg';
import type { BenchStack } from '../benchmark.ts';
import { append } from './sample-events.ts';

const giveUpMs = 300_000;

/** Appends so many events while the relay is stopped. @returns rows a second */
export async function appendBacklog({ home }: BenchStack, client: pg.Client, count: number): Promise<number> {
  await killPart(home, 'outbox-relay', 'SIGTERM');
  return await append(client, count);
}

/** Starts the relay on so many events that wait. @returns events a second between the first and the last mark, by the database's clock */
export async function drain(stack: BenchStack, client: pg.Client, count: number): Promise<number> {
  const [{ started }] = (await client.query<{ started: Date }>('SELECT clock_timestamp() AS started')).rows as [{ started: Date }];
  await restartPart(stack.home, 'outbox-relay');
  const start = performance.now();
  for (;;) {
    const { rows } = await client.query(`SELECT FROM tenancy.event_outbox WHERE status IN ('pending', 'processing') LIMIT 1`);
    if (rows.length === 0) break;
    if (performance.now() - start > giveUpMs) throw new Error(`the backlog was not drained within ${giveUpMs / 1000} s`);
    await delay(50);
  }
  const { rows } = await client.query<{ marked: number; seconds: number }>(
    `SELECT count(*)::int AS marked, extract(epoch FROM max(processed_at) - min(processed_at))::float8 AS seconds FROM tenancy.event_outbox WHERE processed_at > $1`,
    [started],
  );
  const [{ marked, seconds }] = rows as [{ marked: number; seconds: number }];
  if (marked < count) throw new Error(`${marked} events were marked, ${count} were appended`);
  return marked / seconds;
}
