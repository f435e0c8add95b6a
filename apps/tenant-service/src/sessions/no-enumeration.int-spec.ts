import { newId } from '@plinth/kernel';
import { bootTenantService } from '../testing.js';

const pairs = 300;
/** Of telling apart what is the same, by chance; it has to happen twice in a row. */
const falseAlarm = 0.001;

describe('whether an address has an account', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService();
  });
  afterAll(() => service.close());

  /** How a request for the address is answered, and in what time in milliseconds. */
  async function ask(path: string, email: string) {
    const body = path.endsWith('login') ? { email, password: 'not this password' } : { email };
    const began = performance.now();
    const answer = await service.call('POST', path, { body });
    const tookMs = performance.now() - began;
    const { requestId: _, ...told } = answer.text === '' ? { requestId: null } : (answer.json() as Record<string, unknown>);
    return { tookMs, told: JSON.stringify([answer.status, told, Object.keys(answer.headers).sort()]) };
  }

  /** Requests for an address that has one and for addresses that have none, in turns, each first as often as the other. */
  async function compare(path: string, email: string) {
    const known = [];
    const unknown = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      // What one has counted does not make the next one wait.
      await service.database.query('DELETE FROM tenancy.login_attempt');
      const other = `${newId()}@plinth.example`;
      if (pair % 2 === 0) known.push(await ask(path, email));
      unknown.push(await ask(path, other));
      if (pair % 2 === 1) known.push(await ask(path, email));
    }
    expect(new Set([...known, ...unknown].map(({ told }) => told)).size).toBe(1);
    return pValueOf(known.map(({ tookMs }) => tookMs), unknown.map(({ tookMs }) => tookMs));
  }

  it.each(['/v1/auth/login', '/v1/auth/password/forgot', '/v1/auth/email/resend'])('cannot be told from what %s answers, nor from its time', async (path) => {
    const { request } = await service.register();
    await ask(path, request.email);
    const first = await compare(path, request.email);
    if (first < falseAlarm) expect(await compare(path, request.email)).toBeGreaterThanOrEqual(falseAlarm);
  }, 300_000);
});

describe('pValueOf', () => {
  const normal = (mean: number) => Array.from({ length: pairs }, () => mean + Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random()));

  it('tells apart what differs by half of its spread', () => {
    expect(pValueOf(normal(0), normal(0.5))).toBeLessThan(falseAlarm);
  });

  it('is one for what is the same', () => {
    const sample = normal(0);
    expect(pValueOf(sample, sample)).toBeGreaterThan(0.9);
  });
});

/** Two-sided p of the Mann-Whitney U test, by the normal approximation, which is good from some 20 values on (Mann and Whitney 1947). */
function pValueOf(one: readonly number[], other: readonly number[]): number {
  let u = 0;
  for (const left of one) for (const right of other) u += left > right ? 1 : left === right ? 0.5 : 0;
  const mean = (one.length * other.length) / 2;
  const deviation = Math.sqrt((one.length * other.length * (one.length + other.length + 1)) / 12);
  return erfc(Math.abs(u - mean) / deviation / Math.SQRT2);
}

/** The complementary error function, to 1.2e-7 (Numerical Recipes, section 6.2). */
function erfc(x: number): number {
  const t = 1 / (1 + x / 2);
  const terms = [-1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277];
  return t * Math.exp(-x * x + terms.reduceRight((sum, term) => sum * t + term, 0));
}
