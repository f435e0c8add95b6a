import { setTimeout as delay } from 'node:timers/promises';
import { GatewayClient } from '@plinth/dev-stack';
import { newId } from '@plinth/kernel';
import { verify } from '@node-rs/argon2';
import pg from 'pg';
import type { Benchmark } from './benchmark.ts';

const signIns = 200;
const warmUps = 10;
const password = 'correct horse battery';
/** What a sign-in leaves to relay and audit is done by then, and does not run beside the next measurement. In milliseconds. */
const pauseMs = 100;

/** What a sign-in costs beside the hash of the password, which is meant to be dear, and beside the way to the service and back. */
export const login: Benchmark = {
  name: 'login',
  about: `${signIns} sign-ins of one account through the gateway, one after the other with a pause between, each behind a verification of the same hash in this process, and one that is refused for its form: what a sign-in takes longer than those two is its own cost`,
  async run({ facts }) {
    const gateway = new GatewayClient(facts.gatewayUrl);
    const { email, userId } = await gateway.signUp(`${newId()}@plinth.example`, password, 'Signs in often');
    const passwordHash = await passwordHashOf(facts.databaseUrl, userId);
    const works = {
      argon2: async () => {
        if (!(await verify(passwordHash, password))) throw new Error('the hash is another password’s');
      },
      way: async () => {
        const { status } = await gateway.call('POST', '/v1/auth/login', { body: { email } });
        if (status !== 422) throw new Error(`a sign-in without a password was answered ${status}`);
      },
      tokens: async () => void (await gateway.signIn(email, password)),
      cookie: async () => void (await gateway.signInBrowser(email, password)),
    };
    const times = { argon2: [] as number[], way: [] as number[], tokens: [] as number[], cookie: [] as number[] };
    for (let n = -warmUps; n < signIns; n += 1) {
      for (const name of ['argon2', 'way', 'tokens', 'cookie'] as const) {
        await delay(pauseMs);
        const begin = performance.now();
        await works[name]();
        // The first ones compile.
        if (n >= 0) times[name].push(performance.now() - begin);
      }
    }
    const beside = (whole: readonly number[]) => whole.map((time, at) => time - (times.argon2[at] ?? 0) - (times.way[at] ?? 0));
    const unit = 'ms';
    return [
      { name: 'argon2id alone', unit, samples: times.argon2 },
      { name: 'the way to the service and back', unit, samples: times.way },
      { name: 'sign-in for tokens', unit, samples: times.tokens },
      { name: 'sign-in for tokens, less argon2id and the way', unit, samples: beside(times.tokens) },
      { name: 'sign-in for a cookie', unit, samples: times.cookie },
      { name: 'sign-in for a cookie, less argon2id and the way', unit, samples: beside(times.cookie) },
    ];
  },
};

async function passwordHashOf(databaseUrl: string, accountId: string): Promise<string> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ password_hash: string }>('SELECT password_hash FROM tenancy.account WHERE id = $1', [accountId]);
    return rows[0]?.password_hash ?? '';
  } finally {
    await client.end();
  }
}
