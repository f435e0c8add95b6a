import { newId } from '@plinth/kernel';
import type { Principal } from '@plinth/http';
import { CommitGate, eventually, ServiceProcess, TestDatabase, TestGateway } from '@plinth/testing';
import { migrations, schema } from './migrations/index.js';
import { currentConsents, processEnvironment } from './testing.js';

const path = '/v1/api-keys';
const body = { name: 'once', scopes: ['tenant.read'] };

const startsWithinMs = 120_000;
let database: TestDatabase;
let gateway: TestGateway;
let environment: Record<string, string>;
let one: ServiceProcess;
let other: ServiceProcess;
beforeAll(async () => {
  database = await TestDatabase.create([{ schema, migrations }]);
  gateway = new TestGateway('tenant-service');
  environment = processEnvironment(database, gateway);
  [one, other] = await Promise.all([ServiceProcess.start('tenant-service', environment), ServiceProcess.start('tenant-service', environment)]);
}, startsWithinMs);
afterAll(async () => {
  await Promise.all([one.stop(), other.stop()]);
  await database.drop();
});

async function post(to: ServiceProcess, target: string, sent: unknown, key: string, as?: Principal) {
  const headers = { ...(await gateway.headersFor('POST', target, as)), 'content-type': 'application/json', 'idempotency-key': key };
  const answer = await fetch(`${to.url}${target}`, { method: 'POST', headers, body: JSON.stringify(sent) });
  return { status: answer.status, replayed: answer.headers.get('idempotent-replayed') === 'true', retryAfter: answer.headers.get('retry-after'), text: await answer.text() };
}

async function newOwner(): Promise<Principal> {
  const request = { email: `${newId()}@plinth.example`, password: 'correct horse battery', tenantName: 'Acme', consents: currentConsents };
  const { status, text } = await post(one, '/v1/auth/register', request, newId());
  expect(status).toBe(201);
  const { user, tenant } = JSON.parse(text) as { user: { id: string }; tenant: { id: string } };
  return { type: 'user', id: user.id, tenantId: tenant.id, roles: ['owner'] };
}

async function effectsOf({ tenantId }: Principal) {
  const [row] = await database.query<Record<string, number>>(
    `SELECT (SELECT count(*) FROM tenancy.api_key WHERE tenant_id = $1)::int AS rows,
       (SELECT count(*) FROM tenancy.event_outbox WHERE tenant_id = $1 AND event_type = 'api_key.created')::int AS events,
       (SELECT count(*) FROM tenancy.event_outbox WHERE tenant_id = $1 AND payload ->> 'action' = 'api_key.create')::int AS audited`,
    [tenantId],
  );
  return row;
}

describe('over two replicas', () => {
  it('50 identical keyed POSTs at once have one effect, and both give its answer', async () => {
    const [owner, key] = [await newOwner(), newId()];
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => post(index % 2 === 0 ? one : other, path, body, key, owner)));
    const done = answers.filter(({ status }) => status === 201);
    expect(new Set(done.map(({ text }) => text)).size).toBe(1);
    expect(done.filter(({ replayed }) => !replayed)).toHaveLength(1);
    for (const { status, retryAfter } of answers.filter((answer) => answer.status !== 201)) expect([status, retryAfter]).toEqual([409, '1']);
    for (const asked of [one, other]) expect(await post(asked, path, body, key, owner)).toMatchObject({ status: 201, replayed: true, text: done[0]?.text });
    expect(await effectsOf(owner)).toEqual({ rows: 1, events: 1, audited: 1 });
  });
});

describe('kill -9 of the replica that serves the first request', () => {
  /** Kills it when its COMMIT, or the confirmation, is on the way; then another one is asked again. */
  async function retryAfterKill(way: 'commit' | 'confirmation') {
    const gate = await CommitGate.before(database.adminUrl);
    const doomed = await ServiceProcess.start('tenant-service', { ...environment, APP_DATABASE_URL: gate.through(database.appUrl(schema)) });
    try {
      const [owner, key] = [await newOwner(), newId()];
      const reached = gate.hold(way);
      const unanswered = expect(post(doomed, path, body, key, owner)).rejects.toThrow();
      await reached;
      await doomed.kill();
      await unanswered;
      const left = await effectsOf(owner);
      // PostgreSQL takes a moment to see that the connection is gone, and holds the key's lock until then.
      const retry = await eventually(async () => {
        const answer = await post(other, path, body, key, owner);
        expect(answer.status).not.toBe(409);
        return answer;
      });
      return { left, retry, after: await effectsOf(owner) };
    } finally {
      await doomed.kill();
      await gate.close();
    }
  }

  it('after the commit and before the answer: the retry gets the answer that nobody saw', async () => {
    const { left, retry, after } = await retryAfterKill('confirmation');
    expect(left).toEqual({ rows: 1, events: 1, audited: 1 });
    expect(retry).toMatchObject({ status: 201, replayed: true, text: expect.stringContaining('"key":"plk_') });
    expect(after).toEqual(left);
  }, startsWithinMs);

  it('before the commit: nothing is left, and the retry has the effect', async () => {
    const { left, retry, after } = await retryAfterKill('commit');
    expect(left).toEqual({ rows: 0, events: 0, audited: 0 });
    expect(retry).toMatchObject({ status: 201, replayed: false });
    expect(after).toEqual({ rows: 1, events: 1, audited: 1 });
  }, startsWithinMs);
});
