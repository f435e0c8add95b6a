import { hashSessionCookie, newSessionCookie } from '@plinth/auth';
import { newId } from '@plinth/kernel';
import { BrowserSessions, type BrowserSessionFacts } from './browser-sessions.js';
import { Revocations } from './revocations.js';

function setup() {
  let nowMs = Date.parse('2026-11-27T12:00:00Z');
  const clock = { now: () => new Date(nowMs) };
  const revocations = new Revocations(clock);
  let sequence = 0;
  const feed = (line: object) => revocations.apply(JSON.stringify({ sequence: ++sequence, ...line }));
  feed({ type: 'snapshot', suspendedTenants: [], revokedSessions: [], revokedApiKeys: [] });
  const cookie = newSessionCookie();
  const facts: BrowserSessionFacts = { sessionId: newId(), userId: newId(), memberships: [], operatorRoles: [], expiresAt: new Date(nowMs + 3_600_000), ended: false };
  const looked: string[] = [];
  let away = false;
  const sessions = new BrowserSessions({
    ...{ revocations, clock },
    find: (hash) => {
      looked.push(hash);
      if (away) return Promise.reject(new Error('away'));
      return Promise.resolve(hash === hashSessionCookie(cookie) ? facts : null);
    },
  });
  return {
    ...{ cookie, facts, looked, sessions },
    /** The feed goes on meanwhile. */
    advance: (ms: number) => {
      nowMs += ms;
      feed({ type: 'heartbeat' });
    },
    changeAccount: () => feed({ type: 'change', kind: 'memberships_changed', id: facts.userId }),
    goAway: () => (away = true),
    fallSilent: () => (nowMs += 1_000),
  };
}

const invalid = { status: 401, code: 'session_cookie_invalid' };

describe('a browser’s session at the gateway', () => {
  it('is asked for once a minute, by the hash of its cookie', async () => {
    const { sessions, cookie, facts, looked, advance } = setup();
    for (let call = 0; call < 3; call += 1) expect(await sessions.find(cookie)).toEqual(facts);
    expect(looked).toEqual([hashSessionCookie(cookie)]);
    advance(60_000);
    await sessions.find(cookie);
    expect(looked).toHaveLength(2);
  });

  it('is asked for anew when what its person belongs to has changed', async () => {
    const { sessions, cookie, looked, changeAccount } = setup();
    await sessions.find(cookie);
    changeAccount();
    await sessions.find(cookie);
    await sessions.find(cookie);
    expect(looked).toHaveLength(2);
  });

  it('ends by its own clock, at the very moment', async () => {
    const { sessions, cookie, advance } = setup();
    advance(3_600_000 - 1);
    await sessions.find(cookie);
    advance(1);
    await expect(sessions.find(cookie)).rejects.toMatchObject(invalid);
  });

  it('of an unknown cookie is refused, and what is no cookie is not asked for', async () => {
    const { sessions, looked } = setup();
    await expect(sessions.find('x')).rejects.toMatchObject(invalid);
    expect(looked).toEqual([]);
    const unknown = newSessionCookie();
    for (let call = 0; call < 3; call += 1) await expect(sessions.find(unknown)).rejects.toMatchObject(invalid);
    expect(looked).toHaveLength(1);
  });

  it('passes for a minute at most while nobody can be asked', async () => {
    const { sessions, cookie, facts, goAway, fallSilent } = setup();
    await sessions.find(cookie);
    goAway();
    for (let second = 1; second < 60; second += 1) {
      fallSilent();
      expect(await sessions.find(cookie)).toBe(facts);
    }
    fallSilent();
    await expect(sessions.find(cookie)).rejects.toMatchObject({ status: 503, code: 'caller_unconfirmed' });
  });
});
