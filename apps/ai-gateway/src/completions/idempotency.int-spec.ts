import { eventually } from '@plinth/testing';
import { bootAiGateway, someCaller, type AiGatewayUnderTest } from '../testing.js';

let service: AiGatewayUnderTest;
beforeAll(async () => {
  service = await bootAiGateway();
});
afterAll(() => service.close());

const messages = [{ role: 'user' as const, content: 'how are you today' }];
const keyed = { headers: { 'idempotency-key': 'k-1' } };

describe('POST /v1/chat/completions with an Idempotency-Key', () => {
  it.each([false, true])('gives the first answer again byte for byte, without a second call (streamed: %s)', async (stream) => {
    const caller = someCaller();
    const first = await service.chat(caller, { model: 'sim-chat', messages, stream }, keyed);
    const text = await first.text();
    const calls = service.simulator.journal.entries.length;
    const again = await service.chat(caller, { model: 'sim-chat', messages, stream }, keyed);
    expect(await again.text()).toBe(text);
    expect([again.status, again.headers.get('idempotent-replayed'), again.headers.get('content-type')]).toEqual([200, 'true', first.headers.get('content-type')]);
    expect(service.simulator.journal.entries).toHaveLength(calls);
    expect(await service.usageOf(caller)).toHaveLength(1);
  });

  it('refuses another request with the key', async () => {
    const caller = someCaller();
    await service.chat(caller, { model: 'sim-chat', messages }, keyed);
    const other = await service.chat(caller, { model: 'sim-tools', messages }, keyed);
    expect(other.status).toBe(422);
    expect(await other.json()).toMatchObject({ error: { code: 'idempotency_key_reused' } });
  });

  it('answers 409 while the first runs, and lets the key go when its caller left', async () => {
    const caller = someCaller();
    const leaving = new AbortController();
    const first = service.chat(caller, { model: 'sim-slow', messages }, { ...keyed, signal: leaving.signal });
    await eventually(() => expect(service.simulator.journal.entries.at(-1)?.body).toContain('sim-slow'));
    const second = await service.chat(caller, { model: 'sim-slow', messages }, keyed);
    expect([second.status, second.headers.get('retry-after')]).toEqual([409, '1']);
    expect(await second.json()).toMatchObject({ error: { code: 'idempotency_in_progress' } });
    leaving.abort();
    await expect(first).rejects.toThrow();
    await eventually(async () => expect(await service.database.query('SELECT 1 FROM ai.idempotency_record WHERE leased_until IS NOT NULL AND expires_at > now()')).toEqual([]));
  });

  it('makes the call again after one that failed', async () => {
    const caller = someCaller();
    const ask = () => service.chat(caller, { model: 'sim-400', messages }, keyed);
    const before = service.simulator.journal.entries.length;
    expect([(await ask()).status, (await ask()).status]).toEqual([400, 400]);
    expect(service.simulator.journal.entries).toHaveLength(before + 2);
  });

  it('makes no second call after one whose outcome was lost', async () => {
    const caller = someCaller();
    const leaving = new AbortController();
    const first = service.chat(caller, { model: 'sim-slow', messages }, { ...keyed, signal: leaving.signal });
    await eventually(() => expect(service.simulator.journal.entries.at(-1)?.body).toContain('sim-slow'));
    // As after a kill in the middle of the call: nobody ends the lease but time.
    await service.database.query(`UPDATE ai.idempotency_record SET leased_until = now() - interval '1 s' WHERE leased_until IS NOT NULL`);
    const second = await service.chat(caller, { model: 'sim-slow', messages }, keyed);
    expect([second.status, second.headers.get('x-should-retry')]).toEqual([409, 'false']);
    expect(await second.json()).toMatchObject({ error: { code: 'outcome_unknown' } });
    leaving.abort();
    await expect(first).rejects.toThrow();
  });

  it('makes one call of twenty at once', async () => {
    const caller = someCaller();
    const before = service.simulator.journal.entries.length;
    const answers = await Promise.all(Array.from({ length: 20 }, () => service.chat(caller, { model: 'sim-chat', messages }, keyed)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status !== 200 && status !== 409)).toEqual([]);
    expect(statuses).toContain(200);
    expect(service.simulator.journal.entries).toHaveLength(before + 1);
    expect(await service.usageOf(caller)).toHaveLength(1);
  });
});
