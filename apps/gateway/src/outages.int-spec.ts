import { AccessTokenIssuer, KeyRing } from '@plinth/auth';
import { eventually, randomSeed } from '@plinth/testing';
import { FakeService, issuer, memberships, TestGateway, user } from './testing.js';

describe('the gateway with a service away', () => {
  it('answers 503 with Retry-After well within 5 s when the service does not listen', async () => {
    await using gateway = await TestGateway.start();
    await eventually(() => expect(gateway.hasTokenKeys).toBe(true));
    await gateway.audit.stop();
    for (let call = 0; call < 25; call++) {
      const began = performance.now();
      const answer = await gateway.send('GET', '/v1/audit/entries', gateway.bearer);
      expect(answer).toMatchObject({ status: 503, problem: { code: 'upstream_unavailable' } });
      expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(5);
      expect(performance.now() - began).toBeLessThan(5_000);
    }
  });

  it('goes on verifying tokens when tenant-service has gone, and forwards again when a service is back', async () => {
    await using gateway = await TestGateway.start();
    await eventually(() => expect(gateway.hasTokenKeys).toBe(true));
    const { port } = gateway.tenants;
    expect((await gateway.send('GET', '/v1/audit/entries', gateway.bearer)).status).toBe(200);
    await gateway.tenants.stop();
    await eventually(() => expect(gateway.feedIsFresh).toBe(false));
    expect((await gateway.send('GET', '/v1/audit/entries', gateway.bearer)).status).toBe(200);
    expect((await gateway.send('GET', '/v1/policies')).status).toBe(503);
    const back = await FakeService.listen(gateway.tokenKeys, port);
    await eventually(async () => expect((await gateway.send('GET', '/v1/policies')).status).toBe(200));
    await back.stop();
  });

  it('is not ready before it has had the token keys, answers 503 meanwhile, and is ready and degraded after', async () => {
    const gone = await FakeService.listen(null);
    const { port } = gone;
    await gone.stop();
    await using gateway = await TestGateway.start({ 'tenant-service': `http://127.0.0.1:${port}` });
    expect(await gateway.send('GET', '/health/ready')).toMatchObject({ status: 503, problem: { code: 'not_ready' } });
    expect((await gateway.send('GET', '/health/live')).status).toBe(200);
    expect(await gateway.send('GET', '/v1/audit/entries', gateway.bearer)).toMatchObject({
      status: 503,
      problem: { code: 'verification_keys_unavailable' },
      headers: { 'retry-after': '1' },
    });
    const tenants = await FakeService.listen(gateway.tokenKeys, port);
    await eventually(() => expect(gateway.hasTokenKeys).toBe(true));
    const degraded = async () => (JSON.parse((await gateway.send('GET', '/health/ready')).text) as { degraded: string[] }).degraded;
    expect(await degraded()).toEqual(['database', 'kafka']);
    expect((await gateway.send('GET', '/v1/audit/entries', gateway.bearer)).status).toBe(200);
    await tenants.stop();
    expect(await degraded()).toEqual(['database', 'kafka', 'tenant-service']);
    expect((await gateway.send('GET', '/v1/audit/entries', gateway.bearer)).status).toBe(200);
  });

  it('takes a token signed with a new key at once, and asks for keys at most once in five seconds', async () => {
    await using gateway = await TestGateway.start();
    await eventually(() => expect(gateway.hasTokenKeys).toBe(true));
    const rotated = KeyRing.of([randomSeed()]);
    let fetches = 0;
    gateway.tenants.tokenKeys = { publicJwks: () => ((fetches += 1), rotated.publicJwks()) } as unknown as KeyRing;
    const { token } = await new AccessTokenIssuer({ keys: rotated, issuer }).issue({ ...user, memberships, operatorRoles: [] });
    await eventually(async () => expect((await gateway.send('GET', '/v1/audit/entries', { authorization: `Bearer ${token}` })).status).toBe(200));
    expect(fetches).toBe(1);
    // The old key is not in the new set, so the old token is no good any more.
    const statuses = await Promise.all(Array.from({ length: 20 }, async () => (await gateway.send('GET', '/v1/audit/entries', gateway.bearer)).status));
    expect(new Set(statuses)).toEqual(new Set([401]));
    expect(fetches).toBe(1);
  });
});
