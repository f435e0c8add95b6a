import { createKafka } from '@plinth/kafka';
import { Logger } from '@plinth/logging';
import pg from 'pg';
import type { BenchStack, Benchmark, Measurement } from '../benchmark.ts';
import { addPublished, holdSnapshot } from './burdens.ts';
import { Commits } from './commits.ts';
import { appendBacklog, drain } from './drain.ts';
import { steadyRun } from './latency.ts';
import { graphileWorkerRate, pgBossRate } from './queue-peers.ts';
import { rawProducerRate } from './raw-producer.ts';

const backlog = 200_000;
const rounds = 5;
const rawMessages = 50_000;
const peerJobs = 50_000;
const commitSeconds = 4;
const steadySeconds = 10;
const published = 10_000_000;
const updatedBehindSnapshot = 1_000_000;

/** The relay's two jobs, to work off what an outage left and to keep up, beside what limits them and what others do. */
export const relay: Benchmark = {
  name: 'relay',
  about: `outbox-relay drains ${backlog} events of 20 tenants, and publishes while rows are appended; latency is from the commit to a consumer; ${rounds} samples of each, in turns`,
  async run(stack) {
    // libs/testing finds its server so.
    process.env['PLINTH_TEST_DATABASE_URL'] = stack.facts.databaseUrl;
    const client = new pg.Client({ connectionString: stack.facts.databaseUrl });
    await client.connect();
    const commits = await Commits.prepare();
    try {
      return await measure(stack, client, commits);
    } finally {
      await commits.close();
      await client.end();
    }
  },
};

async function measure(stack: BenchStack, client: pg.Client, commits: Commits): Promise<readonly [Measurement, ...Measurement[]]> {
  const { databaseUrl, kafkaBrokers } = stack.facts;
  const kafka = createKafka({ brokers: kafkaBrokers, clientId: 'bench', logger: Logger.create({ service: 'bench', level: 'silent', format: 'json' }) });
  const taken = new Samples();
  // Once before anything is measured: the relay makes the topics, and code is compiled.
  await appendBacklog(stack, client, backlog);
  await drain(stack, client, backlog);
  for (let round = 0; round < rounds; round += 1) {
    taken.add('raw kafkajs producer, batches of 1000', 'events/s', await rawProducerRate(kafka, rawMessages));
    taken.add('rows appended by unnest', 'rows/s', await appendBacklog(stack, client, backlog));
    taken.add('relay drains the backlog', 'events/s', await drain(stack, client, backlog));
    for (const rate of [1_000, 5_000]) {
      const { reached, medianMs, p99Ms } = await steadyRun(rate, steadySeconds, databaseUrl, kafka);
      taken.add(`appended steadily, ${rate}/s wanted`, 'rows/s', reached);
      taken.add(`commit to consumer at ${rate}/s, median`, 'ms', medianMs);
      taken.add(`commit to consumer at ${rate}/s, p99`, 'ms', p99Ms);
    }
    taken.add('commits of 32 clients', 'commits/s', await commits.rate(false, commitSeconds));
    taken.add('commits of 32 clients with an event', 'commits/s', await commits.rate(true, commitSeconds));
    taken.add('pg-boss, fetched and completed', 'jobs/s', await pgBossRate(databaseUrl, peerJobs));
    taken.add('graphile-worker, run', 'jobs/s', await graphileWorkerRate(databaseUrl, peerJobs));
  }
  {
    await using _snapshot = await holdSnapshot(databaseUrl);
    await appendBacklog(stack, client, updatedBehindSnapshot);
    await drain(stack, client, updatedBehindSnapshot);
    for (let round = 0; round < rounds; round += 1) {
      await appendBacklog(stack, client, backlog);
      taken.add(`relay drains it behind an old snapshot and ${updatedBehindSnapshot} updated rows`, 'events/s', await drain(stack, client, backlog));
    }
  }
  await addPublished(client, published);
  for (let round = 0; round < rounds; round += 1) {
    await appendBacklog(stack, client, backlog);
    taken.add(`relay drains it beside ${published} published rows`, 'events/s', await drain(stack, client, backlog));
  }
  return taken.measurements();
}

/** What was measured so far, in the order of the first of each. */
class Samples {
  private readonly known = new Map<string, { readonly unit: string; readonly samples: number[] }>();

  add(name: string, unit: string, sample: number): void {
    const measured = this.known.get(name) ?? { unit, samples: [] };
    this.known.set(name, measured);
    measured.samples.push(sample);
  }

  measurements(): readonly [Measurement, ...Measurement[]] {
    return [...this.known].map(([name, measured]) => ({ name, ...measured })) as unknown as readonly [Measurement, ...Measurement[]];
  }
}
