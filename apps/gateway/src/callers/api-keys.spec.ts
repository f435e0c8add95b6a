import { randomUUID } from 'node:crypto';
import { hashApiKey, newApiKey } from '@plinth/auth';
import { newId } from '@plinth/kernel';
import { ApiKeys, type ApiKeyFacts } from './api-keys.js';
import { Revocations } from './revocations.js';

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
  let current = facts;
  const revocations = new Revocations(clock);
  let sequence = 0;
  const feed = (line: object) => revocations.apply(JSON.stringify({ sequence: ++sequence, ...line }));
  feed({ type: 'snapshot', suspendedTenants: [], revokedSessions: [], revokedApiKeys: [] });
  const beat = () => feed({ type: 'heartbeat' });
  const keys = new ApiKeys({
    revocations,
    clock,
    find: async (wanted) => {
      looked.push(wanted);
      if (away) throw new Error('away');
      return wanted === id ? current : null;
    },
  });
  return {
    ...{ id, key, facts, keys, looked, beat },
    /** The feed goes on meanwhile. */
    clock: { advance: (ms: number) => void (clock.advance(ms), beat()) },
    fallSilent: () => clock.advance(1_000),
    /** What is so from now on; told by the feed unless it says nothing. */
    change: (more: Partial<ApiKeyFacts>, kind: string | null = 'api_key_changed', subject = id) => {
      current = { ...current, ...more };
      if (kind !== null) feed({ type: 'change', kind, id: subject });
    },
    snapshot: (...changedApiKeys: string[]) => feed({ type: 'snapshot', suspendedTenants: [], revokedSessions: [], revokedApiKeys: [], changedApiKeys }),
    goAway: () => (away = true),
  };
}

const invalid = { status: 401, code: 'api_key_invalid' };

describe('an API key at the gateway', () => {
  it('is a principal with its tenant, its creator’s roles and its scopes', async () => {
    const { keys, key, id, facts } = setup();
    expect((await keys.verify(key)).principal).toEqual({ type: 'api_key', id, tenantId: facts.tenantId, roles: ['owner'], scopes: ['tenant.read'] });
  });

  it('with a typo is refused without a look-up', async () => {
    const { keys, key, looked } = setup();
    // Another character of the same alphabet, at every place: the checksum tells.
    const typos = Array.from(key, (was, at) => (at < 9 || was === '_' ? [] : [key.slice(0, at) + (was === 'a' ? 'b' : 'a') + key.slice(at + 1)])).flat();
    expect(typos.length).toBeGreaterThan(60);
    for (const text of [...typos, `${key.slice(0, -1)}!`, key.slice(0, -1), 'plk_', 'sk-proj-x']) await expect(keys.verify(text)).rejects.toMatchObject(invalid);
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

  it('is 503 while its facts cannot be had, and goes on with facts of the last minute', async () => {
    const { clock, keys, key, goAway } = setup();
    await keys.verify(key);
    goAway();
    clock.advance(59_999);
    await keys.verify(key);
    clock.advance(1);
    await expect(keys.verify(key)).rejects.toMatchObject({ status: 503, code: 'caller_unconfirmed' });
  });

  it('is looked up anew when the feed tells of a change: paused it is refused, taken up again it passes', async () => {
    const { keys, key, looked, change } = setup();
    await keys.verify(key);
    change({ status: 'paused' });
    await expect(keys.verify(key)).rejects.toMatchObject(invalid);
    await expect(keys.verify(key)).rejects.toMatchObject(invalid);
    expect(looked).toHaveLength(2);
    change({ status: 'active' });
    await keys.verify(key);
    await keys.verify(key);
    expect(looked).toHaveLength(3);
  });

  it('is looked up anew when its creator’s memberships have changed, and nobody else’s', async () => {
    const { keys, key, facts, looked, change, goAway } = setup({ capabilities: ['project.view'] });
    expect((await keys.verify(key)).principal).toMatchObject({ roles: ['owner'], capabilities: ['project.view'] });
    change({}, 'memberships_changed', randomUUID());
    await keys.verify(key);
    expect(looked).toHaveLength(1);
    change({}, 'memberships_changed', facts.createdBy);
    await keys.verify(key);
    await keys.verify(key);
    expect(looked).toHaveLength(2);
    change({}, 'memberships_changed', facts.createdBy);
    goAway();
    await expect(keys.verify(key)).rejects.toMatchObject({ status: 503, code: 'caller_unconfirmed' });
  });

  it('that was rotated is taken until the overlap ends, at the very moment', async () => {
    const { keys, key, clock, change } = setup();
    await keys.verify(key);
    change({ expiresAt: '2026-11-22T12:00:05.000Z' });
    clock.advance(4_999);
    await keys.verify(key);
    clock.advance(1);
    await expect(keys.verify(key)).rejects.toMatchObject(invalid);
  });

  it('is looked up anew when all keys of its tenant were revoked, and not when another tenant’s were', async () => {
    const { keys, key, facts, looked, change } = setup();
    await keys.verify(key);
    change({}, 'tenant_keys_revoked', randomUUID());
    await keys.verify(key);
    expect(looked).toHaveLength(1);
    change({ status: 'revoked' }, 'tenant_keys_revoked', facts.tenantId);
    await expect(keys.verify(key)).rejects.toMatchObject(invalid);
  });

  it('is looked up anew after a new snapshot that names it', async () => {
    const { keys, key, id, change, snapshot } = setup();
    await keys.verify(key);
    change({ status: 'paused' }, null);
    snapshot(randomUUID());
    await keys.verify(key);
    snapshot(id);
    await expect(keys.verify(key)).rejects.toMatchObject(invalid);
  });

  it('is not let in by a look-up that began before the change was told', async () => {
    const { keys, key, looked, change } = setup();
    const early = keys.verify(key);
    change({ status: 'paused' });
    await expect(early).rejects.toMatchObject(invalid);
    expect(looked).toHaveLength(2);
  });

  it('is 503 where it has changed and nobody says how: what is remembered is not believed', async () => {
    const { keys, key, change, goAway } = setup();
    await keys.verify(key);
    change({ status: 'paused' });
    goAway();
    await expect(keys.verify(key)).rejects.toMatchObject({ status: 503, code: 'caller_unconfirmed' });
  });

  it('is looked up for every call while the feed is silent', async () => {
    const { keys, key, looked, change, fallSilent, goAway } = setup();
    await keys.verify(key);
    fallSilent();
    await keys.verify(key);
    change({ status: 'paused' }, null);
    await expect(keys.verify(key)).rejects.toMatchObject(invalid);
    expect(looked).toHaveLength(3);
    change({ status: 'active' }, null);
    await keys.verify(key);
    goAway();
    await keys.verify(key);
  });

  it('with networks is allowed from them alone, and from nowhere where the address is unknown', async () => {
    const { keys, key, change } = setup({ allowedAddresses: ['203.0.113.0/24', '2001:db8::/32'] });
    const { isAllowedFrom } = await keys.verify(key);
    expect(['203.0.113.9', '2001:db8::9', '127.0.0.1', '2001:db9::', null].map(isAllowedFrom)).toEqual([true, true, false, false, false]);
    change({ allowedAddresses: [] });
    const anywhere = await keys.verify(key);
    expect(['127.0.0.1', null].map(anywhere.isAllowedFrom)).toEqual([true, true]);
  });

  it('is one of however many: what is remembered is bounded', async () => {
    const { keys } = setup();
    for (let n = 0; n < 20_000; n += 1) await keys.verify(newApiKey('live', newId())).catch(() => undefined);
    expect(keys.size).toBe(16_384);
  });
});
