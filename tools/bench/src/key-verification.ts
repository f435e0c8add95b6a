import { randomBytes } from 'node:crypto';
import { hashApiKey, newApiKey } from '@plinth/auth';
import { newId, systemClock } from '@plinth/kernel';
import type { Benchmark, Measurement } from './benchmark.ts';
import { fromGateway } from './from-gateway.ts';

const rounds = 9;
const repetitions = 10_000;
const manyKeys = 10_000;

/** The gateway's verification of API keys by what it remembers: no look-up, no network, no disk. */
export const keyVerification: Benchmark = {
  name: 'key-verification',
  about: `API keys that the gateway knows, verified in this process; by the processor's time, so of one core; ${rounds} samples of ${repetitions} each, in turns`,
  run: () => measureKeyVerification(),
};

/** As far as it is measured; out of the gateway's build, for it is an application and no library. */
interface Verifier {
  verify(key: string): Promise<{ readonly isAllowedFrom: (address: string | null) => boolean }>;
  readonly size: number;
}

interface Work {
  readonly name: string;
  /** @param n which of the repetitions */
  readonly work: (n: number) => Promise<unknown>;
}

/** @returns of each kind, how many a second of one core's time */
export async function measureKeyVerification(): Promise<readonly [Measurement, ...Measurement[]]> {
  const works = await kinds();
  const samples = works.map((): number[] => []);
  for (let round = -1; round < rounds; round += 1) {
    for (const [at, { work }] of works.entries()) {
      const rate = await rateOf(work);
      // The first round compiles.
      if (round >= 0) samples[at]?.push(rate);
    }
  }
  return works.map(({ name }, at): Measurement => ({ name, unit: '/s', samples: samples[at] ?? [] })) as unknown as readonly [Measurement, ...Measurement[]];
}

async function rateOf(work: Work['work']): Promise<number> {
  const before = process.cpuUsage();
  for (let n = 0; n < repetitions; n += 1) await work(n);
  const { user, system } = process.cpuUsage(before);
  return (repetitions * 1_000_000) / (user + system);
}

async function kinds(): Promise<readonly Work[]> {
  const networks = Array.from({ length: 50 }, (_, n) => (n % 2 === 0 ? `203.0.${n}.0/24` : `2001:db8:${n}::/48`));
  const [plain, limited] = [await verifierOf([]), await verifierOf(networks)];
  const key = (n: number) => plain.keys[n % manyKeys] ?? '';
  const [one] = plain.keys;
  const typo = `${one.slice(0, -1)}${one.endsWith('a') ? 'b' : 'a'}`;
  const text = randomBytes(60).toString('base64url');
  // What nobody remembers yet is looked up first; from here on all is known.
  for (const known of plain.keys) await plain.verifier.verify(known);
  for (const known of limited.keys) await limited.verifier.verify(known);
  if (plain.verifier.size !== manyKeys) throw new Error('the gateway has not remembered every key');
  const refused = (attempt: Promise<unknown>) => attempt.then(() => Promise.reject(new Error('it was taken')), () => undefined);
  await refused(plain.verifier.verify(typo));
  return [
    { name: 'yardstick: SHA-256 of 80 characters', work: async () => hashApiKey(text) },
    { name: 'the same key again and again', work: () => plain.verifier.verify(one) },
    { name: `${manyKeys} keys in turn`, work: (n) => plain.verifier.verify(key(n)) },
    { name: `${manyKeys} keys in turn, each with 50 networks and an address in the last`, work: async (n) => (await limited.verifier.verify(limited.keys[n % manyKeys] ?? '')).isAllowedFrom('2001:db8:49::7') },
    { name: 'a typo, refused by its checksum', work: () => refused(plain.verifier.verify(typo)) },
  ];
}

async function verifierOf(allowedAddresses: readonly string[]): Promise<{ verifier: Verifier; keys: readonly [string, ...string[]] }> {
  const { ApiKeys } = await fromGateway<{ ApiKeys: new (options: object) => Verifier }>('callers/api-keys.js');
  const { Revocations } = await fromGateway<{ Revocations: new () => { apply(line: string): void } }>('callers/revocations.js');
  const made = Array.from({ length: manyKeys }, () => {
    const id = newId();
    return { id, key: newApiKey('live', id) };
  });
  const facts = new Map(
    made.map(({ id, key }) => [id, { id, createdBy: id, tenantId: newId(), hash: hashApiKey(key), roles: ['owner'], scopes: ['tenant.read'], allowedAddresses, expiresAt: '2099-01-01T00:00:00.000Z', status: 'active' }]),
  );
  const revocations = new Revocations();
  // As after a busy quarter of an hour; the feed is taken to speak all the time, and facts to be asked for once.
  const changedApiKeys = Array.from({ length: 1_000 }, () => newId());
  revocations.apply(JSON.stringify({ type: 'snapshot', sequence: 1, suspendedTenants: [], revokedSessions: [], revokedApiKeys: [], changedApiKeys }));
  const began = systemClock.now();
  const fresh = Object.defineProperty(revocations, 'fresh', { value: true });
  const verifier = new ApiKeys({ revocations: fresh, clock: { now: () => began }, find: (id: string) => Promise.resolve(facts.get(id) ?? null) });
  return { verifier, keys: made.map(({ key }) => key) as unknown as readonly [string, ...string[]] };
}
