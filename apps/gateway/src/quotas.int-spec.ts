import { randomUUID } from 'node:crypto';
import { eventually } from '@plinth/testing';
import { tenantA, TestGateway } from './testing.js';

const path = '/v1/audit/entries';

async function start() {
  const gateway = await TestGateway.start();
  await eventually(() => expect(gateway.hasTokenKeys).toBe(true));
  return { gateway, ledger: gateway.tenants.callers.ledger, call: (to = path) => gateway.send('GET', to, gateway.bearer) };
}

describe('a call of a tenant', () => {
  it('costs a unit of its API calls, and is told what is left', async () => {
    const { gateway, ledger, call } = await start();
    ledger.limit = 1_000;
    const answer = await call();
    expect(answer).toMatchObject({ status: 200, headers: { 'ratelimit-policy': '"api_calls";q=1000;w=2592000', ratelimit: expect.stringMatching(/^"api_calls";r=999;t=3[56]\d\d$/) } });
    expect((await call()).headers['ratelimit']).toMatch(/r=998;/);
    await gateway[Symbol.asyncDispose]();
  });

  it('is refused behind the last unit, before any service has heard of it', async () => {
    const { gateway, ledger, call } = await start();
    ledger.limit = 10;
    const answers = await Promise.all(Array.from({ length: 40 }, () => call()));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(30);
    for (const { problem, headers } of refused) {
      expect(problem).toMatchObject({ code: 'quota_exhausted', metric: 'api_calls', limit: 10, resetsAt: expect.any(String) });
      expect(headers).toMatchObject({ 'retry-after': expect.stringMatching(/^3[56]\d\d$/), ratelimit: expect.stringMatching(/^"api_calls";r=0;/) });
    }
    expect(gateway.audit.received).toHaveLength(10);
    await gateway[Symbol.asyncDispose]();
  });

  it('can read how much is left, and sign out, when nothing is', async () => {
    const { gateway, ledger, call } = await start();
    ledger.limit = 0;
    expect((await call()).status).toBe(429);
    for (const free of [`/v1/tenants/${tenantA}/quotas`, `/v1/tenants/${tenantA}/usage`, '/v1/usage/me']) expect((await call(free)).status).toBe(200);
    expect((await gateway.send('POST', '/v1/auth/logout', { ...gateway.bearer, 'idempotency-key': randomUUID() })).status).toBe(200);
    expect((await gateway.send('GET', '/v1/policies')).status).toBe(200);
    await gateway[Symbol.asyncDispose]();
  });

  it('is told so in the dialect of an AI route', async () => {
    const { gateway, ledger } = await start();
    ledger.limit = 0;
    const answer = await gateway.send('GET', '/v1/models', gateway.bearer);
    expect(answer).toMatchObject({ status: 429, headers: { 'x-should-retry': 'false', 'retry-after': expect.any(String) } });
    expect(JSON.parse(answer.text)).toMatchObject({ error: { type: 'insufficient_quota', code: 'quota_exhausted' } });
    await gateway[Symbol.asyncDispose]();
  });

  it('passes while the block lasts that is in memory, and is 503 without it', async () => {
    const { gateway, ledger, call } = await start();
    ledger.blockUnits = 3;
    expect((await call()).status).toBe(200);
    ledger.away = new Error('away');
    const statuses: number[] = [];
    for (let sent = 0; sent < 10; sent += 1) statuses.push((await call()).status);
    expect(statuses.slice(0, 2)).toEqual([200, 200]);
    expect(statuses.at(-1)).toBe(503);
    expect((await call()).problem).toMatchObject({ code: 'quota_unconfirmed' });
    ledger.away = undefined;
    await eventually(async () => expect((await call()).status).toBe(200));
    await gateway[Symbol.asyncDispose]();
  });

  it('leaves nothing leased behind when the gateway stops', async () => {
    const { gateway, ledger, call } = await start();
    for (let sent = 0; sent < 5; sent += 1) await call();
    expect(ledger.held).toBeGreaterThan(0);
    await gateway.app.close();
    expect([ledger.used, ledger.held]).toEqual([5, 0]);
    await gateway[Symbol.asyncDispose]();
  });
});
