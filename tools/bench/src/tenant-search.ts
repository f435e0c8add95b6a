import { GatewayClient } from '@plinth/dev-stack';
import pg from 'pg';
import type { Benchmark } from './benchmark.ts';

const tenants = 100_000;
const calls = 60;

/** What operators ask; each as a page of 50. */
const questions: Readonly<Record<string, string>> = {
  'the newest': '',
  'suspended ones': '?status=suspended',
  'of one tier and time': '?tier=enterprise&createdFrom=2020-02-01&createdTo=2020-03-01',
  'one word': '?q=77777',
  'a word of all': '?q=company',
};

/** An operator looks for a tenant among very many. */
export const tenantSearch: Benchmark = {
  name: 'tenant-search',
  about: `an operator pages through ${tenants} tenants through the gateway, ${calls} calls a question, one after the other`,
  async run({ facts }) {
    await fill(facts.databaseUrl);
    const gateway = new GatewayClient(facts.gatewayUrl);
    const token = await gateway.signIn(facts.operator.email, facts.operator.password);
    const timesOf = async (path: string) => {
      const times: number[] = [];
      for (let call = 0; call < calls; call += 1) {
        const begin = performance.now();
        const { status, text } = await gateway.call('GET', path, { token });
        if (status !== 200) throw new Error(`${path} was answered ${status}: ${text}`);
        times.push(performance.now() - begin);
      }
      return times;
    };
    const yardstick = await timesOf('/v1/auth/sessions');
    const measured = [];
    for (const [name, query] of Object.entries(questions)) measured.push({ name, unit: 'ms a page', samples: await timesOf(`/v1/tenants${query}`) });
    return [{ name: 'the operator’s own sessions', unit: 'ms a call', samples: yardstick }, ...measured];
  },
};

async function fill(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(
      `INSERT INTO tenancy.tenant (id, name, slug, status, tier, time_zone, settings, version, created_at, updated_at)
       SELECT gen_random_uuid(), 'Company ' || n, 'company-' || md5(n::text), CASE WHEN n % 100 = 0 THEN 'suspended' ELSE 'active' END,
         (ARRAY['free', 'free', 'free', 'basic', 'professional', 'enterprise'])[1 + n % 6], 'UTC', '{}', 1, '2020-01-01T00:00:00Z'::timestamptz + n * interval '1 minute', now()
       FROM generate_series(1, $1::int) n`,
      [tenants],
    );
    await client.query('ANALYZE tenancy.tenant');
  } finally {
    await client.end();
  }
}
