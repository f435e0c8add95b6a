import { eventually } from '@plinth/testing';
import OpenAI from 'openai';
import { runningStack } from './stack.js';

const stack = runningStack();
const { gateway } = stack;

interface Quota {
  readonly metric: string;
  readonly limit: number;
  readonly used: number;
  readonly reserved: number;
  readonly percent: number;
  readonly period: string | null;
  readonly resetsAt: string | null;
}

describe('a tenant’s quota of API calls', () => {
  it('is a limit: with 10 left 10 of 200 calls pass, until an operator resets it, which its owner reads in the trail', async () => {
    const owner = await stack.newTenant();
    const operator = await gateway.signIn(stack.facts.operator.email, stack.facts.operator.password);
    const path = `/v1/tenants/${owner.tenantId}`;
    const read = async () => (await gateway.call<{ data: Quota[] }>('GET', `${path}/quotas`, { token: owner.token })).body.data.find(({ metric }) => metric === 'api_calls');
    // The gateway holds a block from the first call on, and what it has spent is told of with the next.
    expect((await gateway.call('GET', path, { token: owner.token })).status).toBe(200);
    const before = await read();
    expect(before).toMatchObject({ metric: 'api_calls', percent: 0, resetsAt: expect.stringMatching(/T00:00:00\.000Z$/) });
    const held = (before?.used ?? 0) + (before?.reserved ?? 0);

    const limited = await gateway.call<Quota>('PUT', `${path}/quotas/api_calls`, { token: operator, body: { limit: held + 9, reason: 'a test of the limit' } });
    expect(limited).toMatchObject({ status: 200, body: { limit: held + 9 } });
    // Of what is held, one call is spent: held - 1 of the block and 9 of the ledger are left.
    for (let spent = 1; spent < held; spent += 1) expect((await gateway.call('GET', path, { token: owner.token })).status).toBe(200);
    const answers = await Promise.all(Array.from({ length: 200 }, () => gateway.call<{ code?: string }>('GET', path, { token: owner.token })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(9);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(191);
    for (const { body, headers } of refused) {
      expect(body.code).toBe('quota_exhausted');
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(headers.get('ratelimit')).toMatch(/^"api_calls";r=0;t=\d+$/);
    }
    // How much is left can still be read.
    await eventually(async () => expect(await read()).toMatchObject({ used: held + 9, reserved: 0, percent: 100 }));

    const reset = await gateway.call('POST', `${path}/quotas/reset`, { token: operator, body: { metric: 'api_calls', reason: 'the test is over' } });
    expect(reset.status).toBe(200);
    await eventually(async () => expect((await gateway.call('GET', path, { token: owner.token })).status).toBe(200));
    await eventually(async () => {
      expect(await stack.auditEntries(owner, '?action=quota.reset')).toMatchObject([{ actor: { type: 'operator' }, reason: 'the test is over', before: { percent: 100 }, after: { used: 0 } }]);
    });
    const usage = await gateway.call<{ data: { metric: string; used: number; closedAt: string | null }[] }>('GET', `${path}/usage`, { token: owner.token });
    expect(usage.body.data.filter(({ metric }) => metric === 'api_calls')).toMatchObject([{ closedAt: null }, { used: held + 9, closedAt: expect.any(String) }]);
  });
});

describe('a tenant’s quota of AI tokens', () => {
  const messages = [{ role: 'user' as const, content: 'Say hello to the suite.' }];

  it('is reserved before a call and settled with what the provider counted; few left let few of many calls pass, and none is over-spent', async () => {
    const owner = await stack.newTenant();
    const operator = await gateway.signIn(stack.facts.operator.email, stack.facts.operator.password);
    const path = `/v1/tenants/${owner.tenantId}/quotas`;
    const read = async () => (await gateway.call<{ data: Quota[] }>('GET', path, { token: owner.token })).body.data.find(({ metric }) => metric === 'ai_tokens');
    const limitTo = async (limit: number) => {
      expect((await gateway.call('PUT', `${path}/ai_tokens`, { token: operator, body: { limit, reason: 'a test of the limit' } })).status).toBe(200);
    };
    const { body: created } = await gateway.call<{ key: string }>('POST', '/v1/api-keys', { token: owner.token, body: { name: 'ai', scopes: ['ai.use'] } });
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: created.key, maxRetries: 0 });
    const leaving = new AbortController();
    const refusals: unknown[] = [];
    /** A call whose answer takes long: until its caller leaves it holds what is reserved for it. */
    const ask = () => client.chat.completions.create({ model: 'sim-slow', messages, max_tokens: 500 }, { signal: leaving.signal });
    const askOrNote = async () =>
      await ask().catch((error: unknown) => {
        if (leaving.signal.aborted) throw error;
        refusals.push(error instanceof OpenAI.RateLimitError ? `${error.type} ${error.code}` : error);
      });

    const answer = await client.chat.completions.create({ model: 'demo', messages });
    const counted = answer.usage?.total_tokens ?? 0;
    expect(counted).toBeGreaterThan(0);
    await eventually(async () => expect(await read()).toMatchObject({ used: counted, reserved: 0 }));

    const calls = [askOrNote()];
    await eventually(async () => expect((await read())?.reserved).toBeGreaterThan(500));
    const { reserved = 0 } = (await read()) ?? {};
    // Room for two more of those, and not for a third.
    const limit = counted + 3 * reserved + 100;
    await limitTo(limit);
    for (let sent = 0; sent < 30; sent += 1) calls.push(askOrNote());
    const settled = Promise.allSettled(calls);
    await eventually(() => expect(refusals).toEqual(Array.from({ length: 28 }, () => 'insufficient_quota quota_exhausted')), { withinMs: 30_000 });
    expect(await read()).toMatchObject({ limit, used: counted, reserved: 3 * reserved });

    leaving.abort();
    expect((await settled).filter(({ status }) => status === 'rejected')).toHaveLength(3);
    await eventually(async () => {
      const [row] = await stack.query<{ tokens: string; calls: string }>(
        'SELECT sum(prompt_tokens + completion_tokens) AS tokens, count(*) AS calls FROM ai.usage_record WHERE tenant_id = $1',
        [owner.tenantId],
      );
      expect(row?.calls).toBe('4');
      expect(await read()).toMatchObject({ used: Number(row?.tokens), reserved: 0 });
    });
  });

  it('has periods that the scheduler’s job closes when they are over, which the tenant reads in its history and its trail', async () => {
    const owner = await stack.newTenant();
    const operator = await gateway.signIn(stack.facts.operator.email, stack.facts.operator.password);
    const { body: created } = await gateway.call<{ key: string }>('POST', '/v1/api-keys', { token: owner.token, body: { name: 'ai', scopes: ['ai.use'] } });
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: created.key, maxRetries: 0 });
    const used = (await client.chat.completions.create({ model: 'demo', messages })).usage?.total_tokens;
    const ofTokens = async () => {
      const { body } = await gateway.call<{ data: { metric: string; used: number; reserved: number; closedAt: string | null }[] }>('GET', `/v1/tenants/${owner.tenantId}/usage`, { token: owner.token });
      return body.data.filter(({ metric }) => metric === 'ai_tokens');
    };
    await eventually(async () => expect(await ofTokens()).toMatchObject([{ used, reserved: 0, closedAt: null }]));
    // Nobody waits for the end of a month.
    await stack.tamper(`UPDATE tenancy.quota_window SET starts_at = now() - interval '1 month', ends_at = now() WHERE tenant_id = $1 AND metric = 'ai_tokens'`, [owner.tenantId]);
    for (let run = 0; run < 2; run += 1) {
      expect((await gateway.call('POST', '/v1/admin/jobs/close_quota_periods/run', { token: operator })).status).toBe(202);
      await eventually(async () => expect(await ofTokens()).toMatchObject([{ used, closedAt: expect.any(String) }]));
    }
    await eventually(async () => {
      expect(await stack.auditEntries(owner, '?action=quota.close_period')).toMatchObject([{ actor: { type: 'service', id: 'scheduler' }, after: { metric: 'ai_tokens', used } }]);
    });
  });
});
