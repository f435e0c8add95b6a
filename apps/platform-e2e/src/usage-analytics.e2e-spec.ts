import { join } from 'node:path';
import { eventually, MailFolder } from '@plinth/testing';
import { runningStack } from './stack.js';

interface Analytics {
  readonly calls: number;
  readonly countedUntil: string | null;
  readonly activeUsers: number;
  readonly created: readonly { readonly kind: string; readonly count: number }[];
  readonly features: readonly { readonly feature: string; readonly calls: number }[];
  readonly adoption: { readonly members: number; readonly activeMembers: number; readonly memberPercent: number };
  readonly routes: readonly { readonly method: string; readonly route: string; readonly calls: number; readonly byApiKeys: number; readonly refused: number }[];
}

/** A gateway tells every 10 s; then the relay, Kafka and the consumer. */
const told = { withinMs: 40_000 };

describe('what a tenant uses', () => {
  const stack = runningStack();
  const { gateway } = stack;
  const mail = new MailFolder(join(stack.home, 'mail'));

  it('is counted call by call, of two people and a key, and shown to its administrators', async () => {
    const [owner, person] = [await stack.newTenant('Who is counted'), await stack.newTenant('Its own')];
    const tenant = `/v1/tenants/${owner.tenantId}`;
    expect((await gateway.call('POST', `${tenant}/invitations`, { token: owner.token, body: { email: person.email, role: 'viewer' } })).status).toBe(201);
    const token = await mail.token(person.email, 'accept-invitation');
    expect((await gateway.call('POST', '/v1/invitations/accept', { token: person.token, body: { token } })).status).toBe(200);
    const there = { headers: { authorization: `Bearer ${person.token}`, 'x-tenant-id': owner.tenantId } };
    const { body: key } = await gateway.call<{ key: string }>('POST', '/v1/api-keys', { token: owner.token, body: { name: 'CI', scopes: ['*'] } });
    const byKey = { headers: { 'x-api-key': key.key } };
    await eventually(async () => expect((await gateway.call('GET', `${tenant}/roles`, there)).status).toBe(200));

    const statuses: number[] = [];
    for (const caller of [{ token: owner.token }, there, byKey]) for (let sent = 0; sent < 7; sent += 1) statuses.push((await gateway.call('GET', `${tenant}/members`, caller)).status);
    // A viewer reads no members: refused, and counted.
    expect(statuses).toEqual([...Array(7).fill(200), ...Array(7).fill(403), ...Array(7).fill(200)]);

    const read = async () => (await gateway.call<Analytics>('GET', `${tenant}/analytics`, { token: owner.token })).body;
    const seen = await eventually(async () => {
      const analytics = await read();
      expect(analytics.routes.filter(({ route }) => route === '/v1/tenants/{id}/members')).toMatchObject([{ method: 'GET', calls: 21, byApiKeys: 7, refused: 7 }]);
      expect(analytics.created).toEqual(expect.arrayContaining([{ kind: 'api_keys', count: 1 }, { kind: 'invitations', count: 1 }, { kind: 'members', count: 1 }, { kind: 'sign_ups', count: 1 }, { kind: 'tenants', count: 1 }]));
      return analytics;
    }, told);
    expect(seen).toMatchObject({ activeUsers: 2, adoption: { members: 2, activeMembers: 2, memberPercent: 100 } });
    expect(seen.features).toEqual(expect.arrayContaining([{ feature: 'members', available: true, calls: 21 }, { feature: 'api_keys', available: true, calls: 1 }, { feature: 'ai', available: true, calls: 0 }]));
    expect(seen.routes.reduce((sum, { calls }) => sum + calls, 0)).toBe(seen.calls);
    expect(seen.countedUntil).not.toBeNull();

    const operator = await gateway.signIn(stack.facts.operator.email, stack.facts.operator.password);
    const overview = await gateway.call<{ data: { id: string; calls: number; adoption: object }[] }>('GET', '/v1/admin/analytics?limit=200', { token: operator });
    const [row] = overview.body.data.filter(({ id }) => id === owner.tenantId);
    expect(row?.adoption).toMatchObject({ members: 2, activeMembers: 2 });
    expect(row?.calls).toBeGreaterThanOrEqual(seen.calls);

    // Nobody else's to see: of another tenant, or without the right to it.
    expect((await gateway.call('GET', `${tenant}/analytics`, there)).status).toBe(403);
    expect((await gateway.call('GET', `${tenant}/analytics`, { token: (await stack.newTenant('A stranger’s')).token })).status).toBe(404);
    expect((await gateway.call('GET', `${tenant}/analytics`, byKey)).status).toBe(200);
  });
});
