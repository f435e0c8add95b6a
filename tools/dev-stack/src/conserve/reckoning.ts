import { setTimeout as pause } from 'node:timers/promises';
import { services, topics, type ServiceDefinition } from '@plinth/contracts';
import { countConsumer, countOutbox, declaredConsumers, listMissing, listSurplus, listWaiting, type Consumer, type TimeWindow } from '@plinth/outbox';
import pg from 'pg';
import type { StackFacts } from '../stack-file.ts';
import { readTopics, type LoggedEvent } from './topic-log.ts';

/** An event that breaks the balance. */
export interface Finding {
  readonly fault: 'waiting' | 'not in Kafka' | 'missing' | 'surplus' | 'in no outbox';
  readonly source: string;
  /** Empty where it is the outbox's. */
  readonly group: string;
  readonly id: string;
  readonly eventType: string;
  readonly toldAt: string;
}

/** An outbox, or a group's part of it. */
export interface Balance {
  readonly source: string;
  /** Empty for the outbox itself. */
  readonly group: string;
  readonly minutes: number;
  readonly committed: number;
  readonly published: number;
  readonly skipped: number;
  readonly inKafka: number;
  readonly handled: number;
  readonly dead: number;
  readonly discarded: number;
  readonly missing: number;
}

export interface Reckoning {
  readonly until: string;
  readonly balances: readonly Balance[];
  readonly findings: readonly Finding[];
}

type Outbox = Pick<ServiceDefinition, 'name' | 'schema'>;

/** What is told shortly before the reckoning is on its way: so long it is waited for. */
const settlesWithinMs = 30_000;
const findingsOfAKind = 1000;
/** Outboxes keep what is published for an hour at least: what was told before is not missed in them. */
const judgedForMs = 50 * 60_000;

/**
 * Holds every event of a running stack that was told since a time against what became of it: in its outbox, in Kafka (read from
 * its beginning) and at each consumer group. Waits until what is on its way has arrived.
 *
 * @param since ISO 8601, or `-infinity`: all that the outboxes still have
 */
export async function reckon(facts: Pick<StackFacts, 'databaseUrl' | 'kafkaBrokers'>, since: string): Promise<Reckoning> {
  const client = new pg.Client({ connectionString: facts.databaseUrl, application_name: 'plinth-conserve' });
  await client.connect();
  try {
    return await new Reckoner(client, facts.kafkaBrokers, since).run();
  } finally {
    await client.end();
  }
}

class Reckoner {
  private readonly client: pg.Client;
  private readonly brokers: readonly string[];
  private readonly since: string;
  private readonly balances: Balance[] = [];
  private readonly findings: Finding[] = [];

  constructor(client: pg.Client, brokers: readonly string[], since: string) {
    this.client = client;
    this.brokers = brokers;
    this.since = since;
  }

  /** As the functions of @plinth/outbox ask for it. */
  async query<T>(sql: string, parameters: readonly unknown[] = []): Promise<T[]> {
    return (await this.client.query(sql, [...parameters])).rows as T[];
  }

  async run(): Promise<Reckoning> {
    const [row] = await this.query<{ now: Date; judged: Date }>(`SELECT clock_timestamp() AS now, clock_timestamp() - $1 * interval '1 millisecond' AS judged`, [judgedForMs]);
    const { now, judged } = row as { now: Date; judged: Date };
    const window = { from: this.since, until: now.toISOString() };
    const toldAfter = this.since === '-infinity' || Date.parse(this.since) < judged.getTime() ? judged.toISOString() : this.since;
    const consumers = await this.statedConsumers();
    await this.settle(window, consumers);
    const logged = await readTopics(this.brokers, topics.map(({ name }) => name).filter((name) => !name.startsWith('plinth.redrive.') && name !== 'plinth.dead-letter'));
    const idsInKafka = new Set(logged.map(({ id }) => id));
    for (const outbox of services) {
      await this.holdAgainstKafka(outbox, window, idsInKafka);
      for (const consumer of consumers) await this.holdAgainstConsumer(outbox, consumer, window, idsInKafka, toldAfter);
      await this.findUntold(outbox, logged, { from: toldAfter, until: window.until });
    }
    return { until: window.until, balances: this.balances, findings: this.findings };
  }

  /** From their stated starts on, where the relay has stated any. */
  private async statedConsumers(): Promise<readonly Consumer[]> {
    const stated = await this.query<{ consumer_group: string; event_type: string; starts_at: string }>('SELECT consumer_group, event_type, starts_at::text AS starts_at FROM relay.consumer_start');
    return declaredConsumers().map((consumer) => {
      const own = stated.filter((row) => row.consumer_group === consumer.group && row.event_type in consumer.starts);
      return { ...consumer, starts: { ...consumer.starts, ...Object.fromEntries(own.map((row) => [row.event_type, row.starts_at])) } };
    });
  }

  private async settle(window: TimeWindow, consumers: readonly Consumer[]): Promise<void> {
    const deadline = performance.now() + settlesWithinMs;
    while (performance.now() < deadline) {
      let open = 0;
      for (const outbox of services) {
        open += (await listWaiting(this, outbox, window, 1)).length;
        for (const consumer of consumers) open += (await listMissing(this, outbox, consumer, window, 1)).length;
      }
      if (open === 0) return;
      await pause(500);
    }
  }

  private async holdAgainstKafka(outbox: Outbox, window: TimeWindow, idsInKafka: ReadonlySet<string>): Promise<void> {
    const minutes = await countOutbox(this, outbox, window);
    const published = await this.query<{ id: string; event_type: string; created_at: Date }>(
      `SELECT id, event_type, created_at FROM ${outbox.schema}.event_outbox WHERE status = 'published' AND created_at >= $1 AND created_at < $2 ORDER BY created_at, id`,
      [window.from, window.until],
    );
    const absent = published.filter(({ id }) => !idsInKafka.has(id));
    this.note('not in Kafka', outbox.name, '', absent);
    this.note('waiting', outbox.name, '', await listWaiting(this, outbox, window, findingsOfAKind));
    const sum = sumOf(minutes, ['committed', 'published', 'skipped']);
    this.balances.push({ source: outbox.name, group: '', minutes: minutes.length, ...sum, inKafka: published.length - absent.length, handled: 0, dead: 0, discarded: 0, missing: 0 });
  }

  private async holdAgainstConsumer(outbox: Outbox, consumer: Consumer, window: TimeWindow, idsInKafka: ReadonlySet<string>, toldAfter: string): Promise<void> {
    const minutes = await countConsumer(this, outbox, consumer, window);
    const [types, starts] = [Object.keys(consumer.starts), Object.values(consumer.starts)];
    const own = await this.query<{ id: string }>(
      `SELECT o.id FROM ${outbox.schema}.event_outbox o
       JOIN unnest($3::text[], $4::timestamptz[]) AS handles (event_type, starts_at) ON handles.event_type = o.event_type AND o.created_at >= handles.starts_at
       WHERE o.status = 'published' AND o.created_at >= $1 AND o.created_at < $2`,
      [window.from, window.until, types, starts],
    );
    this.note('missing', outbox.name, consumer.group, await listMissing(this, outbox, consumer, window, findingsOfAKind));
    const surplus = await listSurplus(this, outbox, consumer, { from: toldAfter, until: 'infinity' }, toldAfter, findingsOfAKind);
    this.note('surplus', outbox.name, consumer.group, surplus.filter(({ told_at: at }) => at < new Date(window.until)).map(({ id, told_at: at }) => ({ id, event_type: '', created_at: at })));
    const sum = sumOf(minutes, ['published', 'handled', 'dead', 'discarded', 'missing']);
    if (minutes.length > 0) this.balances.push({ source: outbox.name, group: consumer.group, minutes: minutes.length, committed: 0, skipped: 0, ...sum, inKafka: own.filter(({ id }) => idsInKafka.has(id)).length });
  }

  /** What lies in Kafka as this service's, and its outbox does not have. */
  private async findUntold({ name, schema }: Outbox, logged: readonly LoggedEvent[], { from, until }: TimeWindow): Promise<void> {
    const own = new Map(logged.filter(({ source, time }) => source === `plinth/${name}` && Date.parse(time) >= Date.parse(from) && Date.parse(time) < Date.parse(until)).map((event) => [event.id, event]));
    const known = await this.query<{ id: string }>(`SELECT id FROM ${schema}.event_outbox WHERE id = ANY ($1::uuid[])`, [[...own.keys()]]);
    for (const { id } of known) own.delete(id);
    this.note('in no outbox', name, '', [...own.values()].map(({ id, type, time }) => ({ id, event_type: type, created_at: new Date(time) })));
  }

  private note(fault: Finding['fault'], source: string, group: string, rows: readonly { readonly id: string; readonly event_type: string; readonly created_at: Date }[]): void {
    this.findings.push(...rows.map(({ id, event_type: eventType, created_at: at }) => ({ fault, source, group, id, eventType, toldAt: at.toISOString() })));
  }
}

function sumOf<K extends string>(rows: readonly Readonly<Record<K, number>>[], names: readonly K[]): Record<K, number> {
  return Object.fromEntries(names.map((name) => [name, rows.reduce((sum, row) => sum + row[name], 0)])) as Record<K, number>;
}
