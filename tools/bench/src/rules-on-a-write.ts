import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Migration } from '@plinth/database';
import { idempotencyMigrations } from '@plinth/idempotency';
import { newId } from '@plinth/kernel';
import { outboxMigrations } from '@plinth/outbox';
import { TestDatabase } from '@plinth/testing';
import autocannon, { type Request } from 'autocannon';
import type { Benchmark, Measurement } from './benchmark.ts';

const clients = 32;
const rounds = 5;
const sampleSeconds = 5;

const writes: Migration = {
  name: '0001_writes',
  up: `CREATE TABLE bench.write (id uuid PRIMARY KEY, name text NOT NULL); GRANT SELECT, INSERT ON bench.write TO plinth_bench_app;`,
  down: 'DROP TABLE bench.write;',
};

interface Variant {
  readonly name: string;
  readonly path: string;
  readonly keyed: boolean;
}

const variants: readonly [Variant, ...Variant[]] = [
  { name: 'POST of one row', path: '/v1/writes', keyed: false },
  { name: 'with Idempotency-Key', path: '/v1/writes', keyed: true },
  { name: 'with an event', path: '/v1/told-writes', keyed: false },
  { name: 'with both', path: '/v1/told-writes', keyed: true },
];

/** What the two rules that live in a write's transaction cost it. */
export const rulesOnAWrite: Benchmark = {
  name: 'rules-on-a-write',
  about: `the same POST by ${clients} clients, each key once; ${rounds} samples of ${sampleSeconds} s of each, in turns. CPU is the service's, and little moved by what else runs`,
  async run({ facts }) {
    // libs/testing finds its server so.
    process.env['PLINTH_TEST_DATABASE_URL'] = facts.databaseUrl;
    const database = await TestDatabase.create([{ schema: 'bench', migrations: [...outboxMigrations('bench'), ...idempotencyMigrations('bench'), writes] }]);
    const service = await WriteService.start(database.appUrl('bench'), database.systemUrl('bench'));
    try {
      for (const variant of variants) await service.load(variant, 2);
      const samples = variants.map(() => ({ rates: [] as number[], cpu: [] as number[] }));
      for (let round = 0; round < rounds; round += 1) {
        for (const [at, variant] of variants.entries()) {
          const { perSecond, cpuMicroseconds } = await service.load(variant, sampleSeconds);
          samples[at]?.rates.push(perSecond);
          samples[at]?.cpu.push(cpuMicroseconds);
        }
      }
      const rates = variants.map(({ name }, at): Measurement => ({ name, unit: 'requests/s', samples: samples[at]?.rates ?? [] }));
      const cpu = variants.map(({ name }, at): Measurement => ({ name: `${name}, CPU`, unit: 'us/request', samples: samples[at]?.cpu ?? [] }));
      return [...rates, ...cpu] as unknown as readonly [Measurement, ...Measurement[]];
    } finally {
      service.stop();
      await database.drop();
    }
  },
};

class WriteService {
  private readonly process: ChildProcess;
  private readonly port: number;

  private constructor(process: ChildProcess, port: number) {
    this.process = process;
    this.port = port;
  }

  static async start(appUrl: string, systemUrl: string): Promise<WriteService> {
    const process = fork(join(import.meta.dirname, 'write-service.ts'), [appUrl, systemUrl], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const [{ port }] = (await once(process, 'message')) as [{ port: number }];
    return new WriteService(process, port);
  }

  /** @throws Error where any request is not answered 201 */
  async load({ path, keyed }: Variant, seconds: number): Promise<{ perSecond: number; cpuMicroseconds: number }> {
    const before = await this.cpuMicroseconds();
    const result = await autocannon({
      ...{ url: `http://127.0.0.1:${this.port}${path}`, connections: clients, duration: seconds, method: 'POST', body: '{"name":"x"}', headers: { 'content-type': 'application/json' } },
      // The clients share the machine, so they have to do the same without a key: a header of its size that nobody reads.
      requests: [{ setupRequest: (request: Request) => ({ ...request, headers: { ...request.headers, [keyed ? 'idempotency-key' : 'x-unread-number']: newId() } }) }],
    });
    const answered = result['2xx'];
    if (answered === 0) throw new Error(`${path}: nothing was answered in ${seconds} s: the machine is too busy to measure on`);
    if (result.non2xx > 0 || result.errors > 0) throw new Error(`${path}: ${result.non2xx} answers other than 2xx, ${result.errors} errors`);
    return { perSecond: answered / result.duration, cpuMicroseconds: ((await this.cpuMicroseconds()) - before) / answered };
  }

  stop(): void {
    this.process.kill('SIGTERM');
  }

  private async cpuMicroseconds(): Promise<number> {
    this.process.send('cpu');
    const [{ cpu }] = (await once(this.process, 'message')) as [{ cpu: NodeJS.CpuUsage }];
    return cpu.user + cpu.system;
  }
}
