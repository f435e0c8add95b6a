import { hashApiKey, newApiKey } from '@plinth/auth';
import { newId } from '@plinth/kernel';
import { eventually } from '@plinth/testing';
import { tenantA, TestGateway } from '../testing.js';
import { ApiKeyUses } from './api-key-uses.js';

const path = '/v1/audit/entries';

async function setup() {
  const gateway = await TestGateway.start();
  await eventually(() => expect(gateway.feedIsFresh).toBe(true));
  const { callers } = gateway.tenants;
  const addKey = (over: object = {}) => {
    const id = newId();
    const key = newApiKey('live', id);
    callers.apiKeys.set(id, { id, tenantId: tenantA, hash: hashApiKey(key), roles: ['owner'], scopes: ['audit.read'], expiresAt: null, status: 'active', ...over });
    return { id, key };
  };
  const send = async (key: string) => (await gateway.send('GET', path, { 'x-api-key': key })).status;
  const uses = gateway.app.get(ApiKeyUses, { strict: false });
  const counted = async (outcome: string) => new RegExp(`plinth_gateway_api_key_uses_total\\{outcome="${outcome}",service="gateway"\\} (\\d+)`).exec((await gateway.send('GET', '/metrics')).text)?.[1];
  return { gateway, callers, addKey, send, uses, counted, [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose]() };
}

describe('the use of API keys', () => {
  it('is told in a batch: each key once a minute, to the minute, however often it calls', async () => {
    await using at = await setup();
    const keys = [at.addKey(), at.addKey()];
    const begun = Date.now();
    for (const { key } of keys) for (let sent = 0; sent < 5; sent += 1) expect(await at.send(key)).toBe(200);
    at.uses.wake();
    await eventually(() => expect(new Set(at.callers.keyUses.map(({ id }) => id))).toEqual(new Set(keys.map(({ id }) => id))));
    for (const { at: time } of at.callers.keyUses) {
      expect(Date.parse(time) % 60_000).toBe(0);
      expect(begun - Date.parse(time)).toBeLessThan(60_000);
    }
    // A minute may have begun between the calls.
    expect(at.callers.keyUses.length).toBeLessThanOrEqual(4);
    expect(at.callers.questions.filter((url) => url.includes('uses')).length).toBeLessThanOrEqual(4);
  });

  it('is not told of who was refused', async () => {
    await using at = await setup();
    const [revoked, elsewhere, fine] = [at.addKey({ status: 'revoked' }), at.addKey({ allowedAddresses: ['203.0.113.0/24'] }), at.addKey()];
    expect([await at.send(revoked.key), await at.send(elsewhere.key), await at.send(fine.key)]).toEqual([401, 403, 200]);
    at.uses.wake();
    await eventually(() => expect(at.callers.keyUses.map(({ id }) => id)).toEqual([fine.id]));
  });

  it('holds nobody up while tenant-service does not take it, is counted, and told later', async () => {
    await using at = await setup();
    at.callers.takesKeyUses = false;
    const { id, key } = at.addKey();
    expect(await at.send(key)).toBe(200);
    at.uses.wake();
    await eventually(async () => expect(Number(await at.counted('failed'))).toBeGreaterThan(0));
    expect(await at.send(key)).toBe(200);
    at.callers.takesKeyUses = true;
    await eventually(() => expect(at.callers.keyUses.map((use) => use.id)).toContain(id));
  });

  it('is told by a gateway that stops', async () => {
    await using at = await setup();
    const { id, key } = at.addKey();
    expect(await at.send(key)).toBe(200);
    await at.gateway.app.close();
    expect(at.callers.keyUses.map((use) => use.id)).toContain(id);
  });

  it('is dropped and counted where too many keys wait, so that memory is bounded', async () => {
    await using at = await setup();
    at.callers.takesKeyUses = false;
    for (let n = 0; n < 17_000; n += 1) at.uses.note(newId());
    expect(Number(await at.counted('dropped'))).toBe(17_000 - 16_384);
  });
});
