import { Transactor } from '@plinth/database';
import { bootAiGateway, someCaller, type AiGatewayUnderTest } from '../testing.js';

let service: AiGatewayUnderTest;
beforeAll(async () => {
  service = await bootAiGateway();
});
afterAll(() => service.close());

describe('GET /v1/models', () => {
  it('lists the aliases and what the provider lists, for the official client', async () => {
    const models = [];
    for await (const model of service.openai(someCaller()).models.list()) models.push(model);
    expect(models[0]).toEqual({ id: 'fast', object: 'model', created: 0, owned_by: 'plinth' });
    expect(models).toContainEqual({ id: 'sim-chat', object: 'model', created: 1_700_000_000, owned_by: 'simulator' });
  });

  it('asks the provider once in a while, not each time', async () => {
    await service.call('/v1/models', someCaller());
    const before = service.simulator.journal.entries.length;
    expect((await service.call('/v1/models', someCaller())).status).toBe(200);
    expect(service.simulator.journal.entries).toHaveLength(before);
  });

  it('is closed to who may not use models', async () => {
    const answer = await service.call('/v1/models', someCaller('viewer'));
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ error: { type: 'permission_error' } });
  });
});

describe('the ai schema', () => {
  it('shows no row to the app role without the tenant', async () => {
    const caller = someCaller();
    await service.chat(caller, { model: 'sim-chat', messages: [{ role: 'user', content: 'hi' }] }, { headers: { 'idempotency-key': 'k' } });
    const transactor = service.app.get(Transactor);
    for (const tenantId of [null, someCaller().tenantId]) {
      const rows = await transactor.read({ tenantId, principalId: null }, (conn) => conn.query('SELECT 1 FROM ai.usage_record'));
      expect(rows).toEqual([]);
    }
    const own = await transactor.read({ tenantId: caller.tenantId, principalId: null }, (conn) => conn.query('SELECT 1 FROM ai.usage_record'));
    expect(own).toHaveLength(1);
  });
});
