import { randomBytes } from 'node:crypto';
import { startSimulator } from '@plinth/provider-simulator';
import { eventually, ServiceProcess, serviceTestEnvironment, TestDatabase, TestGateway } from '@plinth/testing';
import { migrations, schema } from '../migrations/index.js';
import { someCaller, startLedger } from '../testing.js';

const path = '/v1/chat/completions';
const body = { model: 'sim-slow', messages: [{ role: 'user', content: 'how are you today' }] };

describe('kill -9 between the call to the provider and its record', () => {
  it('leaves a claim: the retry waits for the lease, is told that the outcome is unknown, and calls nobody', async () => {
    const database = await TestDatabase.create([{ schema, migrations }]);
    const simulator = await startSimulator({ apiKey: 'sk-secret-provider-key', slowMs: 60_000 });
    const tenants = await startLedger();
    const gateway = new TestGateway('ai-gateway');
    const environment = {
      ...serviceTestEnvironment(database, gateway, schema, randomBytes(32)),
      TENANT_SERVICE_URL: tenants.url,
      OPENAI_BASE_URL: simulator.baseUrl,
      OPENAI_API_KEY: simulator.apiKey,
    };
    const [doomed, other] = await Promise.all([ServiceProcess.start('ai-gateway', environment), ServiceProcess.start('ai-gateway', environment)]);
    const caller = someCaller();
    const ask = async (service: ServiceProcess) => {
      const headers = { ...(await gateway.headersFor('POST', path, caller)), 'content-type': 'application/json', 'idempotency-key': 'crash-1' };
      const answer = await fetch(`${service.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      return { status: answer.status, shouldRetry: answer.headers.get('x-should-retry'), body: await answer.json() };
    };
    try {
      const unanswered = expect(ask(doomed)).rejects.toThrow();
      await eventually(() => expect(simulator.journal.entries).toHaveLength(1));
      const held = tenants.ledger.held;
      expect(held).toBeGreaterThan(4_096);
      await doomed.kill();
      await unanswered;
      expect(await ask(other)).toMatchObject({ status: 409, body: { error: { code: 'idempotency_in_progress' } } });
      await database.query('UPDATE ai.idempotency_record SET leased_until = now()');
      expect(await ask(other)).toMatchObject({ status: 409, shouldRetry: 'false', body: { error: { code: 'outcome_unknown' } } });
      expect(simulator.journal.entries).toHaveLength(1);
      // Nobody settles what was reserved: the ledger forfeits it when its time is over (quota-ledger.int-spec).
      expect([tenants.ledger.used, tenants.ledger.held]).toEqual([0, held]);
    } finally {
      await doomed.kill();
      await other.stop();
      await simulator.stop();
      await tenants.stop();
      await database.drop();
    }
  }, 120_000);
});
