import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { rolesOf, type PlatformRole } from '@plinth/contracts';
import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { DocumentedAnswers, eventually, TestDatabase, TestGateway, type TestSchema } from '@plinth/testing';
import { SchedulerConfig } from './config.js';
import { createApp } from './create-app.js';
import type { Job } from './jobs/job.js';
import { JobWorker } from './jobs/job-worker.js';
import { migrations, schema } from './migrations/index.js';
import { installQueue } from './migrations/queue-schema.js';

/** Retries that a test need not wait for. */
const quickRetry = { maxAttempts: 4, backoff: { baseMs: 50, capMs: 200 } };

interface Replica {
  readonly app: NestFastifyApplication;
  readonly worker: JobWorker;
  readonly logLines: string[];
  close(): Promise<void>;
}

interface ReplicaOptions {
  readonly jobs?: readonly Job[];
  /** Where tenant-service is; by default nowhere. */
  readonly tenantServiceUrl?: string;
  /** `host:port` through which it sees PostgreSQL. */
  readonly through?: string;
}

/** The scheduler's database, and as many replicas of the service on it as a test starts; they are called as the gateway calls them. */
export async function setupScheduler(others: readonly TestSchema[] = []) {
  const database = await TestDatabase.create([{ schema, migrations }, ...others]);
  await installQueue(database.urlAs(rolesOf(schema).owner));
  const gateway = new TestGateway('scheduler');
  const secrets = { idempotencySecrets: [randomBytes(32)], cursorSecrets: [randomBytes(32)] };
  const replicas = new Set<Replica>();

  async function start({ jobs = [], through, tenantServiceUrl = 'http://127.0.0.1:1' }: ReplicaOptions = {}): Promise<Replica> {
    const url = (role: string) => Object.assign(new URL(database.urlAs(role)), through === undefined ? {} : { host: through }).href;
    const config = new SchedulerConfig({
      ...{ host: '127.0.0.1', port: 0, logLevel: 'info', logFormat: 'json', databasePoolSize: 4, publishedEventsKeptHours: 24, ...secrets },
      appDatabaseUrl: url(rolesOf(schema).app),
      systemDatabaseUrl: url(rolesOf(schema).system),
      tenantServiceUrl,
      drainDelayMs: 0,
      otlpEndpoint: '',
      // Nobody listens there: the service then runs as it does while Kafka is away.
      kafkaBrokers: ['127.0.0.1:1'],
      internalHmacSecrets: gateway.internalHmacSecrets,
      internalKeys: gateway.internalKeys,
    });
    const logLines: string[] = [];
    const logger = Logger.create({ service: 'scheduler', level: 'info', format: 'json', destination: { write: (line) => void logLines.push(line) } });
    const app = await createApp(config, logger, { jobs, retry: quickRetry });
    const answers = DocumentedAnswers.of(app);
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
    const worker = app.get(JobWorker);
    const replica: Replica = {
      ...{ app, worker, logLines },
      async close() {
        if (!replicas.delete(replica)) return;
        await app.close();
        answers.assertAllDocumented();
      },
    };
    replicas.add(replica);
    await eventually(() => {
      if (!worker.working) throw new Error('the replica does not work yet');
    });
    return replica;
  }

  return {
    database,
    start,

    async call({ app }: Replica, method: 'GET' | 'POST', path: string, as?: Principal, headers: Record<string, string> = {}) {
      const answer = await app.inject({ method, url: path, headers: { ...(await gateway.headersFor(method, path, as)), ...headers } });
      return { status: answer.statusCode, headers: answer.headers, text: answer.body, json: () => answer.json<Record<string, unknown>>() };
    },

    async runs(job: string) {
      return await database.query<{ id: string; trigger: string; attempt: number; outcome: string | null; error: string | null; running: boolean; result: unknown }>(
        'SELECT id, trigger, attempt, outcome, error, running, result FROM scheduler.job_run WHERE job = $1 ORDER BY requested_at',
        [job],
      );
    },

    /** The events of runs' ends, as they wait in the outbox. */
    async ends(job: string) {
      return await database.query<{ payload: { runId: string; outcome: string } }>(
        `SELECT payload FROM scheduler.event_outbox WHERE event_type = 'job_run.finished' AND payload ->> 'job' = $1`,
        [job],
      );
    },

    /** Runs a job by hand to its end, on a replica whose tenant-service gives these answers, in turn. @returns the run, and what was asked */
    async runWith(job: string, answers: FakeAnswer[]) {
      const tenants = await startTenantService(answers);
      const replica = await start({ tenantServiceUrl: tenants.url });
      const before = (await this.runs(job)).length;
      const run = await this.call(replica, 'POST', `/v1/admin/jobs/${job}/run`, operator(), { 'idempotency-key': `run-${before}` });
      if (run.status !== 202) throw new Error(`the run was answered ${run.status}: ${run.text}`);
      const ended = await eventually(
        async () => {
          const last = (await this.runs(job))[before];
          if (last === undefined || last.outcome === null) throw new Error('the run has not ended');
          return last;
        },
        { withinMs: 30_000 },
      );
      await replica.close();
      await tenants.stop();
      return { ended, asked: tenants.asked };
    },

    async closeReplicas(): Promise<void> {
      await Promise.all([...replicas].map((replica) => replica.close()));
    },

    async close(): Promise<void> {
      await this.closeReplicas();
      await database.drop();
    },
  };
}

/** Status and body. */
export type FakeAnswer = readonly [number, object];

/** A tenant-service that gives these answers, in turn, to whoever calls as a service. */
async function startTenantService(answers: FakeAnswer[]) {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    const isService = request.headers['x-plinth-identity'] !== undefined && request.headers['x-plinth-signature'] !== undefined;
    asked.push(`${request.method} ${request.url}`);
    const [status, body] = isService ? (answers.shift() ?? [500, {}]) : [401, {}];
    request.resume().on('end', () => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    asked,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop(): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function operator(role: PlatformRole = 'PLATFORM_ADMIN'): Principal {
  return { type: 'operator', id: newId(), tenantId: null, roles: [role] };
}

/** A job whose tries wait until a test lets them end. `cron` comes but once in four years. */
export class HeldJob implements Job {
  readonly timeZone = 'UTC';
  /** Of each try that began, in order. */
  readonly tries: { signal: AbortSignal; succeed: () => void; fail: (error: Error) => void }[] = [];

  constructor(
    readonly name: string,
    readonly cron = '0 0 29 2 *',
  ) {}

  async run(signal: AbortSignal) {
    await new Promise<void>((resolve, reject) => {
      this.tries.push({ signal, succeed: resolve, fail: reject });
    });
    return { counts: { done: 1 } };
  }

  /** The try of this number (from 1), once it has begun. */
  async tryNumber(number: number) {
    return await eventually(() => {
      const found = this.tries[number - 1];
      if (found === undefined) throw new Error(`try ${number} has not begun`);
      return found;
    });
  }
}
