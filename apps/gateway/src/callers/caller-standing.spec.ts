import { randomUUID } from 'node:crypto';
import { CallerStanding, type Caller, type Standing } from './caller-standing.js';
import { Revocations } from './revocations.js';

const tenantId = randomUUID();
const caller: Caller = { tenantId, sessionId: randomUUID() };
const keyed: Caller = { tenantId, apiKeyId: randomUUID() };
const fine: Standing = { tenantSuspended: false, tenantDeactivated: false, sessionRevoked: false, apiKeyRevoked: false };

function setup() {
  let nowMs = Date.parse('2026-11-22T12:00:00Z');
  const clock = { now: () => new Date(nowMs), advance: (ms: number) => void (nowMs += ms) };
  const revocations = new Revocations(clock);
  const asked: Caller[] = [];
  let answer: Standing | Error = fine;
  const standing = new CallerStanding({
    revocations,
    clock,
    ask: async (who) => {
      asked.push(who);
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  let sequence = 0;
  const feed = (line: object) => revocations.apply(JSON.stringify({ sequence: ++sequence, ...line }));
  const beat = () => feed({ type: 'heartbeat' });
  const change = (kind: string, id: string | null | undefined) => feed({ type: 'change', kind, id });
  const tenantServiceSays = (next: Standing | Error) => (answer = next);
  feed({ type: 'snapshot', suspendedTenants: [], revokedSessions: [], revokedApiKeys: [] });
  return { clock, standing, asked, feed, beat, change, tenantServiceSays };
}

const away = new Error('tenant-service is away');

describe('while the feed speaks', () => {
  it('a caller passes without a question', async () => {
    const { standing, asked } = setup();
    await standing.require(caller);
    await standing.require(keyed);
    expect(asked).toEqual([]);
  });

  it.each([
    ['session_revoked', () => caller.sessionId, caller, 401, 'session_revoked'],
    ['api_key_revoked', () => keyed.apiKeyId, keyed, 401, 'api_key_invalid'],
    ['tenant_suspended', () => tenantId, caller, 403, 'tenant_suspended'],
    ['tenant_suspended', () => tenantId, keyed, 403, 'tenant_suspended'],
    ['tenant_deactivated', () => tenantId, caller, 403, 'tenant_deactivated'],
    ['tenant_deactivated', () => tenantId, keyed, 403, 'tenant_deactivated'],
  ])('%s refuses whom it names, and nobody else', async (kind, id, who, status, code) => {
    const { standing, change } = setup();
    change(kind, randomUUID());
    await standing.require(who);
    change(kind, id());
    await expect(standing.require(who)).rejects.toMatchObject({ status, code });
    await standing.require({ tenantId: randomUUID(), sessionId: randomUUID() });
  });

  it('a restored tenant’s caller passes again', async () => {
    const { standing, change } = setup();
    change('tenant_suspended', tenantId);
    await expect(standing.require(caller)).rejects.toMatchObject({ code: 'tenant_suspended' });
    change('tenant_restored', tenantId);
    await standing.require(caller);
  });

  it('a caller without a tenant is not touched by any suspension', async () => {
    const { standing, change } = setup();
    change('tenant_suspended', tenantId);
    await standing.require({ tenantId: null, sessionId: randomUUID() });
  });

  it('a new snapshot replaces what was known', async () => {
    const { standing, feed, change } = setup();
    change('tenant_suspended', tenantId);
    feed({ type: 'snapshot', suspendedTenants: [], revokedSessions: [caller.sessionId], revokedApiKeys: [] });
    await standing.require(keyed);
    await expect(standing.require(caller)).rejects.toMatchObject({ code: 'session_revoked' });
  });

  it('a revocation is not forgotten while a token can live', async () => {
    const { standing, clock, beat, change } = setup();
    change('session_revoked', caller.sessionId);
    for (let minute = 0; minute < 12; minute++) {
      clock.advance(60_000);
      beat();
      await expect(standing.require(caller)).rejects.toMatchObject({ code: 'session_revoked' });
    }
  });
});

describe('after a second of silence', () => {
  it('each request is asked for, and the answer decides', async () => {
    const { standing, clock, asked, tenantServiceSays } = setup();
    await standing.require(caller);
    clock.advance(1_000);
    await standing.require(caller);
    expect(asked).toEqual([caller]);
    tenantServiceSays({ ...fine, sessionRevoked: true });
    await expect(standing.require(caller)).rejects.toMatchObject({ code: 'session_revoked' });
    tenantServiceSays({ ...fine, tenantSuspended: true });
    await expect(standing.require(caller)).rejects.toMatchObject({ code: 'tenant_suspended' });
  });

  it('the answer decides over what was told before: a tenant restored meanwhile is let in', async () => {
    const { standing, clock, change } = setup();
    change('tenant_suspended', tenantId);
    clock.advance(5_000);
    await standing.require(caller);
  });

  it('no question is asked once the feed speaks again', async () => {
    const { standing, clock, asked, beat } = setup();
    clock.advance(5_000);
    beat();
    await standing.require(caller);
    expect(asked).toEqual([]);
  });
});

describe('with tenant-service gone', () => {
  it('who was confirmed in the last minute passes, and others are answered 503 with Retry-After', async () => {
    const { standing, clock, tenantServiceSays } = setup();
    await standing.require(caller);
    tenantServiceSays(away);
    clock.advance(59_999);
    await standing.require(caller);
    await expect(standing.require(keyed)).rejects.toMatchObject({ status: 503, code: 'caller_unconfirmed', extra: { headers: { 'retry-after': '1' } } });
    await expect(standing.require({ ...caller, tenantId: randomUUID() })).rejects.toMatchObject({ status: 503 });
  });

  it('nobody passes after a minute, however often they called in it', async () => {
    const { standing, clock, tenantServiceSays } = setup();
    await standing.require(caller);
    tenantServiceSays(away);
    for (let second = 1; second < 60; second++) {
      clock.advance(1_000);
      await standing.require(caller);
    }
    clock.advance(1_000);
    await expect(standing.require(caller)).rejects.toMatchObject({ status: 503, code: 'caller_unconfirmed' });
  });

  it('what was revoked before stays refused', async () => {
    const { standing, clock, change, tenantServiceSays } = setup();
    await standing.require(caller);
    change('session_revoked', caller.sessionId);
    tenantServiceSays(away);
    clock.advance(2_000);
    await expect(standing.require(caller)).rejects.toMatchObject({ status: 401, code: 'session_revoked' });
  });

  it('everybody passes again once it is back', async () => {
    const { standing, clock, tenantServiceSays } = setup();
    tenantServiceSays(away);
    clock.advance(120_000);
    await expect(standing.require(caller)).rejects.toMatchObject({ status: 503 });
    tenantServiceSays(fine);
    await standing.require(caller);
  });
});
