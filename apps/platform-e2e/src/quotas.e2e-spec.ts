import { eventually } from '@plinth/testing';
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
