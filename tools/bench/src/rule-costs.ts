import { randomBytes } from 'node:crypto';
import { InternalIdentityMinter, InternalIdentityVerifier, KeyRing } from '@plinth/auth';
import { registeredEvents, TenantUpdatedV1 } from '@plinth/contracts';
import { encodeError } from '@plinth/http';
import { newId, transferErrors } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { LeasedBlocks, rateLimitHeaders, type QuotaLedger } from '@plinth/quotas';
import { OutsideCall } from '@plinth/resilience';
import { Metrics } from '@plinth/telemetry';
import type { Benchmark, Measurement } from './benchmark.ts';
import { fromGateway } from './from-gateway.ts';

const rounds = 9;
const repetitions = 5_000;

/** What the rules cost that are worked out in the process alone; those that live in the database are `rules-on-a-write`'s. */
export const ruleCosts: Benchmark = {
  name: 'rule-costs',
  about: `time of the processor a call, ${rounds} samples of ${repetitions} calls each, in turns; the first stands for what any request does`,
  run: () => measureRuleCosts(),
};

type Work = () => unknown;

/** @returns microseconds of the processor a call; what else runs on the machine moves them little */
export async function measureRuleCosts(): Promise<readonly [Measurement, ...Measurement[]]> {
  const works = [...rules(), await countingOfUsage()];
  const samples = works.map((): number[] => []);
  for (let round = -1; round < rounds; round += 1) {
    for (const [at, { work }] of works.entries()) {
      const micros = await microsOf(work);
      // The first round compiles.
      if (round >= 0) samples[at]?.push(micros);
    }
  }
  return works.map(({ name }, at): Measurement => ({ name, unit: 'us', samples: samples[at] ?? [] })) as unknown as readonly [Measurement, ...Measurement[]];
}

async function microsOf(work: Work): Promise<number> {
  const before = process.cpuUsage();
  for (let n = 0; n < repetitions; n += 1) await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / repetitions;
}

function rules(): readonly [{ name: string; work: Work }, ...{ name: string; work: Work }[]] {
  const tenantId = newId();
  const body = JSON.stringify({ name: 'Acme', contactEmail: 'jane@mail.example', settings: { theme: 'dark', seats: 12, region: 'eu-central-1' } });
  const seed = `seed.${randomBytes(32).toString('base64url')}`;
  const identity = { keys: KeyRing.of([seed]), secrets: [randomBytes(32)] };
  const minter = new InternalIdentityMinter({ service: 'gateway', ...identity });
  const verifier = new InternalIdentityVerifier({ service: 'tenant-service', ...identity });
  const principal = { type: 'user', id: newId(), tenantId, roles: ['owner'], sessionId: newId() } as const;
  const path = `/v1/tenants/${tenantId}`;
  const call = () => ({ audience: 'tenant-service', principal, method: 'PATCH', path, requestId: newId(), clientIp: '203.0.113.7', userAgent: 'bench' }) as const;
  const logger = Logger.create({ service: 'bench', level: 'info', format: 'json', destination: { write: () => undefined } });
  const line = () => ({ requestId: newId(), traceId: randomHex, tenantId, principalType: 'user', method: 'PATCH', route: '/v1/tenants/:id', status: 200, durationMs: 12.4 });
  const randomHex = randomBytes(16).toString('hex');
  const outside = new OutsideCall({ name: 'bench', timeoutMs: 5_000, isAnswer: () => false, metrics: new Metrics('bench') });
  const blocks = new LeasedBlocks({ ledger: lender, metric: 'api_calls', logger, metrics: new Metrics('bench') });
  const problem = transferErrors.bodyTooLarge();
  return [
    { name: 'JSON of an ordinary body, read and written', work: () => JSON.stringify(JSON.parse(body)) },
    { name: 'identity and signature, made', work: () => minter.headersFor(call()) },
    { name: 'identity and signature, made and verified', work: async () => verifier.verify({ method: 'PATCH', path, headers: { ...(await minter.headersFor(call())) } }) },
    { name: 'breaker and bulkhead around a call', work: () => outside.run(() => Promise.resolve(1)) },
    { name: 'unit of a quota, from a leased block, with its headers', work: async () => rateLimitHeaders('api_calls', await blocks.take(tenantId)) },
    { name: 'event against its schema', work: () => registeredEvents.violations(TenantUpdatedV1, { tenantId, changed: ['name'] }) },
    { name: 'log line of a request', work: () => logger.info('request', line()) },
    { name: 'problem document', work: () => encodeError('problem', problem, path, randomHex) },
  ];
}

/** What analytics adds to a call: one of a hundred people of one of a hundred tenants, on one of some routes. */
async function countingOfUsage(): Promise<{ name: string; work: Work }> {
  const { UsageCounts } = await fromGateway<{ UsageCounts: new (limits: object, onDropped: () => void) => { add(call: object, nowMs: number): void } }>('usage/usage-counts.js');
  const counts = new UsageCounts({ routes: 20_000, people: 50_000 }, () => undefined);
  const ids = Array.from({ length: 100 }, () => newId());
  let calls = 0;
  const work = () => {
    calls += 1;
    const id = ids[calls % ids.length];
    counts.add({ tenantId: id, userId: ids[(calls * 7) % ids.length], method: 'GET', route: `/v1/tenants/{id}/members`, status: 200, durationMs: calls % 400 }, Date.now());
  };
  return { name: 'usage of a route recorded', work };
}

/** Grants whatever it is asked for, at once: what is measured is the holder. */
const lender: QuotaLedger = {
  lease: ({ units }) => Promise.resolve({ units, expiresInMs: 60_000, limit: 1e12, remaining: 1e12, period: '2026-11', resetsInMs: 3_600_000 }),
  endBlocks: () => Promise.resolve(),
  reserve: () => Promise.reject(new Error('not measured')),
  settle: () => Promise.reject(new Error('not measured')),
  release: () => Promise.reject(new Error('not measured')),
};
