import { randomUUID } from 'node:crypto';
import { Bearers, type BearerStanding } from './bearers.js';
import { Revocations } from './revocations.js';

const [userId, tenantA, tenantB] = [randomUUID(), randomUUID(), randomUUID()];
const inA = (role: string): BearerStanding => ({ memberships: [{ tenantId: tenantA, roles: [role] }], operatorRoles: [] });
const token = { userId, sessionId: randomUUID(), ...inA('owner') };

function setup() {
  let nowMs = Date.parse('2026-11-22T12:00:00Z');
  const clock = { now: () => new Date(nowMs), advance: (ms: number) => void (nowMs += ms) };
  const revocations = new Revocations(clock);
  const asked: string[] = [];
  let answer: BearerStanding | Error = inA('viewer');
  const bearers = new Bearers({
    revocations,
    clock,
    find: async (id) => {
      asked.push(id);
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  let sequence = 0;
  const feed = (line: object) => revocations.apply(JSON.stringify({ sequence: ++sequence, ...line }));
  const change = (id: string) => feed({ type: 'change', kind: 'memberships_changed', id });
  const snapshot = (...changedAccounts: string[]) => feed({ type: 'snapshot', suspendedTenants: [], revokedSessions: [], revokedApiKeys: [], changedAccounts });
  snapshot();
  return { clock, bearers, asked, change, snapshot, beat: () => feed({ type: 'heartbeat' }), says: (next: BearerStanding | Error) => (answer = next) };
}

const away = new Error('tenant-service is away');

describe('what a bearer is', () => {
  it('stands in its token, without a question', async () => {
    const { bearers, asked, change } = setup();
    change(randomUUID());
    expect(await bearers.standingOf(token)).toMatchObject(inA('owner'));
    expect(asked).toEqual([]);
  });

  it('is asked once a change, for as long as a token from before lives', async () => {
    const { bearers, asked, change, says, clock, beat } = setup();
    change(userId);
    for (let minute = 0; minute < 12; minute += 1) {
      expect(await bearers.standingOf(token)).toEqual(inA('viewer'));
      clock.advance(60_000);
      beat();
    }
    expect(asked).toEqual([userId]);
    says(inA('admin'));
    change(userId);
    expect(await bearers.standingOf(token)).toEqual(inA('admin'));
    expect(asked).toHaveLength(2);
  });

  it('is asked again after a new snapshot that names it', async () => {
    const { bearers, asked, change, snapshot, says } = setup();
    change(userId);
    await bearers.standingOf(token);
    says(inA('admin'));
    snapshot(userId);
    expect(await bearers.standingOf(token)).toEqual(inA('admin'));
    expect(asked).toHaveLength(2);
  });

  it('is 503 where it has changed and nobody says how: the token is not believed', async () => {
    const { bearers, change, says, clock } = setup();
    change(userId);
    says(away);
    await expect(bearers.standingOf(token)).rejects.toMatchObject({ status: 503, code: 'caller_unconfirmed' });
    clock.advance(5_000);
    await expect(bearers.standingOf(token)).rejects.toMatchObject({ status: 503 });
  });

  it('is asked for each call while the feed is silent; with nobody to ask it is what was known', async () => {
    const { bearers, asked, says, clock, change } = setup();
    change(userId);
    await bearers.standingOf(token);
    clock.advance(1_500);
    says(inA('admin'));
    expect(await bearers.standingOf(token)).toEqual(inA('admin'));
    says(away);
    expect(await bearers.standingOf(token)).toEqual(inA('admin'));
    expect(await bearers.standingOf({ ...token, userId: randomUUID() })).toMatchObject(inA('owner'));
    expect(asked).toHaveLength(4);
  });

  it('is no operator by a token that says nothing of it: its session may lack the second factor', async () => {
    const { bearers, change, says } = setup();
    const operator = { memberships: [], operatorRoles: ['PLATFORM_ADMIN'] };
    says(operator);
    change(userId);
    expect(await bearers.standingOf(token)).toEqual({ memberships: [], operatorRoles: [] });
    expect(await bearers.lookAgain(token)).toEqual({ memberships: [], operatorRoles: [] });
    expect(await bearers.standingOf({ ...token, operatorRoles: ['PLATFORM_VIEWER'] })).toEqual(operator);
  });

  it('is looked for again, once a second at most, where a tenant is named that the token does not have', async () => {
    const { bearers, asked, says, clock, beat } = setup();
    const joined = { memberships: [...inA('owner').memberships, { tenantId: tenantB, roles: ['member'] }], operatorRoles: [] };
    says(joined);
    expect(await bearers.lookAgain(token)).toEqual(joined);
    for (let call = 0; call < 5; call += 1) await bearers.lookAgain(token);
    expect(asked).toHaveLength(1);
    clock.advance(1_000);
    beat();
    says(away);
    expect(await bearers.lookAgain(token)).toBeNull();
  });
});
