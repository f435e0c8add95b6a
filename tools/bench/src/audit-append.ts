import { setTimeout as delay } from 'node:timers/promises';
import { AuditRecordedV1, type AuditRecordedV1Payload } from '@plinth/contracts';
import { killPart, restartPart } from '@plinth/dev-stack';
import { createKafka, encodeEvent, EventProducer, type OutgoingMessage } from '@plinth/kafka';
import { newId } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import pg from 'pg';
import type { BenchStack, Benchmark } from './benchmark.ts';

const backlog = 20_000;
const rounds = 3;
const pollMs = 20;
const giveUpMs = 300_000;

/** One tenant is one partition and one log; sixty are spread over all partitions, and over many logs in each batch. */
const tenantCounts = [1, 60] as const;

/** What an outage leaves behind: the trail has to work it off before anything new is seen. */
export const auditAppend: Benchmark = {
  name: 'audit-append',
  about: `audit-service starts with ${backlog} events of ordinary size in Kafka; the rate is that from the first entry seen to the last`,
  async run(stack) {
    const commits: number[] = [];
    const drains = tenantCounts.map((tenants) => ({ tenants, rates: [] as number[], firstEntries: [] as number[] }));
    const client = new pg.Client({ connectionString: stack.facts.databaseUrl });
    await client.connect();
    try {
      for (let round = 0; round < rounds; round += 1) {
        commits.push(await commitsPerSecond(client));
        for (const { tenants, rates, firstEntries } of drains) {
          const { perSecond, firstEntrySeconds } = await drain(stack, client, tenants);
          rates.push(perSecond);
          firstEntries.push(firstEntrySeconds);
        }
      }
    } finally {
      await client.end();
    }
    return [
      { name: 'one-row transactions, one after the other', unit: 'commits/s', samples: commits },
      ...drains.map(({ tenants, rates }) => ({ name: `appended, ${tenants} ${tenants === 1 ? 'tenant' : 'tenants'}`, unit: 'entries/s', samples: rates })),
      { name: 'from the start of the service to its first entry', unit: 's', samples: drains.flatMap(({ firstEntries }) => firstEntries) },
    ];
  },
};

/** What the disk and the server take for a transaction that does next to nothing. */
async function commitsPerSecond(client: pg.Client): Promise<number> {
  const count = 300;
  await client.query('CREATE TABLE bench_commit (n int)');
  try {
    const start = performance.now();
    for (let n = 0; n < count; n += 1) await client.query('INSERT INTO bench_commit VALUES ($1)', [n]);
    return count / secondsSince(start);
  } finally {
    await client.query('DROP TABLE bench_commit');
  }
}

async function drain(stack: BenchStack, client: pg.Client, tenants: number): Promise<{ perSecond: number; firstEntrySeconds: number }> {
  await killPart(stack.home, 'audit-service', 'SIGTERM');
  const tenantIds = Array.from({ length: tenants }, () => newId());
  await preload(stack.facts.kafkaBrokers, Array.from({ length: backlog }, (_, n) => eventOf(tenantIds[n % tenants] ?? '')));

  const start = performance.now();
  const up = restartPart(stack.home, 'audit-service');
  const firstSeen = await appendedOf(client, tenantIds, 1);
  const first = performance.now();
  await appendedOf(client, tenantIds, backlog);
  const perSecond = (backlog - firstSeen) / secondsSince(first);
  await up;
  return { perSecond, firstEntrySeconds: (first - start) / 1000 };
}

/** Resolves with their number when the logs of these tenants hold so many entries. Heads are few, and tell it without a count. */
async function appendedOf(client: pg.Client, tenantIds: readonly string[], wanted: number): Promise<number> {
  const start = performance.now();
  for (;;) {
    const { rows } = await client.query<{ appended: number }>('SELECT coalesce(sum(size), 0)::int AS appended FROM audit.chain_head WHERE tenant_id = ANY ($1::uuid[])', [tenantIds]);
    const appended = rows[0]?.appended ?? 0;
    if (appended >= wanted) return appended;
    if (performance.now() - start > giveUpMs) throw new Error(`${appended} of ${wanted} entries were appended within ${giveUpMs / 1000} s`);
    await delay(pollMs);
  }
}

async function preload(brokers: readonly string[], messages: readonly OutgoingMessage[]): Promise<void> {
  const logger = Logger.create({ service: 'bench', level: 'silent', format: 'json' });
  const producer = new EventProducer({ kafka: createKafka({ brokers, clientId: 'bench', logger }), logger });
  try {
    const outcomes = await producer.publish(messages);
    const refused = outcomes.find(({ kind }) => kind !== 'acknowledged');
    if (refused !== undefined) throw new Error(`Kafka did not take the backlog: ${JSON.stringify(refused)}`);
  } finally {
    await producer.close();
  }
}

/** As a change of a tenant's settings leaves it. */
function eventOf(tenantId: string): OutgoingMessage {
  const { type, version, topic, aggregateType } = AuditRecordedV1;
  const payload: AuditRecordedV1Payload = {
    entryId: newId(),
    tenantId,
    occurredAt: new Date().toISOString(),
    actor: { type: 'user', id: newId() },
    action: 'tenant.update',
    resource: { type: 'tenant', id: tenantId },
    outcome: 'success',
    ip: '203.0.113.7',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
    requestId: newId(),
    traceId: newId().replaceAll('-', ''),
    reason: null,
    before: { name: 'Acme', settings: { theme: 'light', seats: 12, region: 'eu-central-1' } },
    after: { name: 'Acme Ltd', settings: { theme: 'dark', seats: 12, region: 'eu-central-1' }, contactEmail: 'jane@example.com' },
    personal: ['/after/contactEmail'],
  };
  const envelope = { id: newId(), source: 'plinth/bench', type, version, aggregateType, aggregateId: tenantId, time: new Date(), tenantId, sequence: null, traceparent: null };
  return { topic, ...encodeEvent(envelope, JSON.stringify(payload)) };
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}
