import { randomUUID } from 'node:crypto';
import { hashApiKey, newApiKey } from '@plinth/auth';
import { newId } from '@plinth/kernel';
import { ApiKeys, type ApiKeyFacts } from './api-keys.js';

function setup(over: Partial<ApiKeyFacts> = {}) {
  let nowMs = Date.parse('2026-11-22T12:00:00Z');
  const clock = { now: () => new Date(nowMs), advance: (ms: number) => void (nowMs += ms) };
  const id = newId();
  const key = newApiKey('live', id);
  const facts: ApiKeyFacts = {
    id,
    createdBy: randomUUID(),
    tenantId: randomUUID(),
    hash: hashApiKey(key),
    roles: ['owner'],
    scopes: ['tenant.read'],
    expiresAt: null,
    status: 'active',
    ...over,
  };
  const looked: string[] = [];
  let away = false;
  const feed = { fresh: true, sequence: 0, changed: new Map<string, number>() };
  const revocations = {
    get fresh() {
      return feed.fresh;
    },
    get sequence() {
      return feed.sequence;
    },
    accountChangedAt: (account: string | undefined) => feed.changed.get(account ?? '') ?? 0,
  };
  const change = (account: string) => void feed.changed.set(account, ++feed.sequence);
  const keys = new ApiKeys({
    revocations,
    clock,
    find: async (wanted) => {
      looked.push(wanted);
      if (away) throw new Error('away');
      return wanted === id ? facts : null;
    },
  });
  return { clock, id, key, facts, keys, looked, feed, change, goAway: () => (away = true) };
}

const invalid = { status: 401, code: 'api_key_invalid' };

describe('an API key at the gateway', () => {
  it('is a principal with its tenant, its creator’s roles and its scopes', async () => {
    const { keys, key, id, facts } = setup();
    expect(await keys.verify(key)).toEqual({ type: 'api_key', id, tenantId: facts.tenantId, roles: ['owner'], scopes: ['tenant.read'] });
  });

  it('with a typo is refused without a look-up', async () => {
    const { keys, key, looked } = setup();
    for (const text of [`${key.slice(0, -1)}!`, key.slice(0, -1), 'plk_', 'sk-proj-x']) await expect(keys.verify(text)).rejects.toMatchObject(invalid);
    expect(looked).toEqual([]);
  });

  it('with another secret and the right checksum is refused', async () => {
    const { keys, id } = setup();
    await expect(keys.verify(newApiKey('live', id))).rejects.toMatchObject(invalid);
    await expect(keys.verify(newApiKey('test', id))).rejects.toMatchObject(invalid);
  });

  it('of an unknown id is refused, and looked up again after 5 s', async () => {
    const { keys, clock, looked } = setup();
    const unknown = newApiKey('live', newId());
    for (let call = 0; call < 3; call++) await expect(keys.verify(unknown)).rejects.toMatchObject(invalid);
    expect(looked).toHaveLength(1);
    clock.advance(5_000);
    await expect(keys.verify(unknown)).rejects.toMatchObject(invalid);
    expect(looked).toHaveLength(2);
  });

  it('is refused revoked, and expired at the very moment', async () => {
    const revoked = setup({ status: 'revoked' });
    await expect(revoked.keys.verify(revoked.key)).rejects.toMatchObject(invalid);
    const { clock, keys, key } = setup({ expiresAt: '2026-11-22T12:00:30.000Z' });
    await keys.verify(key);
    clock.advance(30_000);
    await expect(keys.verify(key)).rejects.toMatchObject(invalid);
  });

  it('is looked up once in a minute, also in a burst', async () => {
    const { clock, keys, key, looked } = setup();
    await Promise.all(Array.from({ length: 20 }, () => keys.verify(key)));
    expect(looked).toHaveLength(1);
    clock.advance(60_000);
    await keys.verify(key);
    expect(looked).toHaveLength(2);
  });

  it('is looked up anew when its creator’s memberships have changed, and nobody else’s', async () => {
    const { keys, key, facts, looked, change, goAway } = setup({ capabilities: ['project.view'] });
    expect(await keys.verify(key)).toMatchObject({ roles: ['owner'], capabilities: ['project.view'] });
    change(randomUUID());
    await keys.verify(key);
    expect(looked).toHaveLength(1);
    change(facts.createdBy ?? '');
    await keys.verify(key);
    await keys.verify(key);
    expect(looked).toHaveLength(2);
    change(facts.createdBy ?? '');
    goAway();
    await expect(keys.verify(key)).rejects.toMatchObject({ status: 503, code: 'caller_unconfirmed' });
  });

  it('is looked up for every call while the feed is silent, and goes on by what is known where nobody answers', async () => {
    const { keys, key, looked, feed, goAway } = setup();
    await keys.verify(key);
    feed.fresh = false;
    await keys.verify(key);
    await keys.verify(key);
    expect(looked).toHaveLength(3);
    goAway();
    await keys.verify(key);
  });

  it('is 503 while its facts cannot be had, and goes on with facts of the last minute', async () => {
    const { clock, keys, key, goAway } = setup();
    await keys.verify(key);
    goAway();
    clock.advance(59_999);
    await keys.verify(key);
    clock.advance(1);
    await expect(keys.verify(key)).rejects.toMatchObject({ status: 503, code: 'caller_unconfirmed' });
  });
});
