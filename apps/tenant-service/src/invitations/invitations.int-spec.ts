import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { bootTenantService } from '../testing.js';

interface Invited {
  readonly id: string;
  readonly status: string;
}

describe('invitations', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService();
  });
  afterAll(() => service.close());

  const address = () => `${newId()}@plinth.example`;
  const codeOf = ({ status, json }: { status: number; json(): Record<string, unknown> }) => [status, json()['code']];
  const inviteAnswer = (as: Principal, email: string, given: object = { role: 'member' }) => service.call('POST', `/v1/tenants/${as.tenantId}/invitations`, { as, body: { email, ...given } });
  const accept = (as: Principal, token: string, key: string = newId()) => service.call('POST', '/v1/invitations/accept', { as, body: { token }, key });
  const list = async (as: Principal, query = '') => (await service.call('GET', `/v1/tenants/${as.tenantId}/invitations${query}`, { as })).json() as unknown as { data: Invited[]; nextCursor: string | null };
  const membershipsOf = async (account: Principal) => (await service.database.query('SELECT 1 FROM tenancy.membership WHERE account_id = $1', [account.id])).length;

  async function invite(as: Principal, email: string, given: object = { role: 'member' }) {
    const answer = await inviteAnswer(as, email, given);
    expect(answer.status).toBe(201);
    return { invited: answer.json() as unknown as Invited, answer, token: await service.newestMailedToken() };
  }

  it('asks an address by mail, and lets whoever has it in, once', async () => {
    const { owner, tenant } = await service.register();
    const { owner: person, request } = await service.register();
    const { invited, token } = await invite(owner, ` ${request.email.toUpperCase()} `, { role: 'member', roles: ['estimator'] });
    const key = newId();
    const first = await accept(person, token, key);
    expect([first.status, first.json()]).toEqual([200, { tenantId: tenant.id, role: 'member', roles: ['estimator'], customRoleIds: [] }]);
    expect((await accept(person, token, key)).text).toBe(first.text);
    expect(codeOf(await accept(person, token))).toEqual([404, 'invitation_invalid']);
    expect(await membershipsOf(person)).toBe(2);
    expect((await list(owner)).data).toMatchObject([{ id: invited.id, status: 'accepted' }]);
    const rows = await service.database.query<{ event_type: string; actor: string | null }>(
      `SELECT event_type, payload ->> 'action' AS actor FROM tenancy.event_outbox WHERE tenant_id = $1 AND (event_type LIKE 'invitation.%' OR event_type LIKE 'member.%' OR payload ->> 'action' SIMILAR TO '(user|invitation).%') ORDER BY sequence`,
      [tenant.id],
    );
    expect(rows.map(({ event_type: type, actor }) => actor ?? type)).toEqual(['invitation.created', 'user.invite', 'invitation.accepted', 'member.added', 'invitation.accept']);
  });

  it('shows the token to nobody but the address, and the address to no event', async () => {
    const { owner } = await service.register();
    const email = address();
    const { answer, token } = await invite(owner, email);
    const [everything] = await service.database.query<{ text: string }>(
      `SELECT (SELECT string_agg(i::text, '') FROM tenancy.invitation i) || (SELECT string_agg(m::text, '') FROM tenancy.mail m)
        || (SELECT string_agg(e::text, '') FROM tenancy.event_outbox e WHERE event_type <> 'audit.recorded') AS text`,
    );
    for (const place of [answer.text, everything?.text ?? '', service.logLines.join('')]) expect(place).not.toContain(token);
    const [told] = await service.database.query<{ count: number }>(`SELECT count(*)::int AS count FROM tenancy.event_outbox WHERE event_type <> 'audit.recorded' AND payload::text LIKE '%' || $1 || '%'`, [email]);
    expect(told?.count).toBe(0);
  });

  it('answers the same for an address with an account and for one without', async () => {
    const { owner } = await service.register();
    const { request } = await service.register();
    const [known, unknown] = [await inviteAnswer(owner, request.email), await inviteAnswer(owner, address())];
    expect(known.status).toBe(unknown.status);
    expect(Object.keys(known.json())).toEqual(Object.keys(unknown.json()));
  });

  it('is nothing to another account, to a key, and to whoever is not signed in', async () => {
    const { owner } = await service.register();
    const { owner: person, request } = await service.register();
    const { owner: other } = await service.register();
    const { token } = await invite(owner, request.email);
    expect(codeOf(await accept(other, token))).toEqual([403, 'invitation_other_address']);
    expect((await accept({ ...person, type: 'api_key', scopes: ['*'] }, token)).status).toBe(403);
    expect((await service.call('POST', '/v1/invitations/accept', { body: { token } })).status).toBe(401);
    expect((await accept(person, token)).status).toBe(200);
  });

  it.each([
    ['has expired', (id: string) => service.database.query('UPDATE tenancy.invitation SET expires_at = now() WHERE id = $1', [id])],
    ['was taken back', async (id: string, owner: Principal) => void expect((await service.call('DELETE', `/v1/tenants/${owner.tenantId}/invitations/${id}`, { as: owner })).status).toBe(204)],
    ['was sent anew', async (_id: string, owner: Principal, email: string) => void (await invite(owner, email))],
    ['is from somebody who has left', (_id: string, owner: Principal) => service.database.query('DELETE FROM tenancy.membership WHERE account_id = $1', [owner.id])],
    ['is from somebody who may not give that any more', (_id: string, owner: Principal) => service.database.query(`UPDATE tenancy.membership SET role = 'viewer' WHERE account_id = $1`, [owner.id])],
  ])('is not good where it %s', async (_, spoil) => {
    const { owner } = await service.register();
    const { owner: person, request } = await service.register();
    const { invited, token } = await invite(owner, request.email);
    await spoil(invited.id, owner, request.email);
    expect(codeOf(await accept(person, token))).toEqual([404, 'invitation_invalid']);
    expect(await membershipsOf(person)).toBe(1);
  });

  it('lets ten acceptances at once make one member', async () => {
    const { owner } = await service.register();
    const { owner: person, request } = await service.register();
    const { token } = await invite(owner, request.email);
    const answers = await Promise.all(Array.from({ length: 10 }, () => accept(person, token)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(404)]);
    expect(await membershipsOf(person)).toBe(2);
  });

  it('leaves the roles of whoever belongs to the tenant already, and its invitation open', async () => {
    const { owner } = await service.register();
    const { owner: person, request } = await service.register();
    await accept(person, (await invite(owner, request.email, { role: 'viewer' })).token);
    const { token, invited } = await invite(owner, request.email, { role: 'admin' });
    expect(codeOf(await accept(person, token))).toEqual([409, 'already_member']);
    const [{ role } = { role: '' }] = await service.database.query<{ role: string }>('SELECT role FROM tenancy.membership WHERE account_id = $1 AND tenant_id = $2', [person.id, owner.tenantId]);
    expect(role).toBe('viewer');
    expect((await list(owner)).data[0]).toMatchObject({ id: invited.id, status: 'open' });
  });

  it('lists the newest first and page by page, and takes back what is not over', async () => {
    const { owner } = await service.register();
    const made: string[] = [];
    for (let n = 0; n < 3; n += 1) made.push((await invite(owner, address())).invited.id);
    const first = await list(owner, '?limit=2');
    const rest = await list(owner, `?limit=2&cursor=${first.nextCursor}`);
    expect([...first.data, ...rest.data].map(({ id }) => id)).toEqual(made.toReversed());
    const revoke = (as: Principal, id: string) => service.call('DELETE', `/v1/tenants/${as.tenantId}/invitations/${id}`, { as });
    expect((await revoke(owner, made[0] ?? '')).status).toBe(204);
    expect(codeOf(await revoke(owner, made[0] ?? ''))).toEqual([404, 'invitation_not_found']);
    const { owner: stranger } = await service.register();
    expect((await revoke(stranger, made[1] ?? '')).status).toBe(404);
    expect((await service.call('GET', `/v1/tenants/${owner.tenantId}/invitations`, { as: stranger })).status).toBe(404);
    expect((await list(owner)).data.map(({ status }) => status)).toEqual(['open', 'open', 'revoked']);
  });

  it('floods no mailbox, and is no way to send mail by the thousand', async () => {
    const { owner } = await service.register();
    const email = address();
    for (let n = 0; n < 5; n += 1) await invite(owner, email);
    const refused = await inviteAnswer(owner, email);
    expect([...codeOf(refused), refused.headers['retry-after']]).toEqual([429, 'invitations_too_many', '3600']);
    expect((await inviteAnswer(owner, address())).status).toBe(201);
    await service.database.query(
      `INSERT INTO tenancy.invitation (id, tenant_id, email, role, roles, custom_role_ids, token_hash, invited_by, created_at, expires_at)
       SELECT gen_random_uuid(), $1::uuid, n || '@plinth.example', 'viewer', '{}', '{}', sha256(convert_to($1::text || n, 'UTF8')), $2, now(), now() FROM generate_series(1, 500) AS n`,
      [owner.tenantId, owner.id],
    );
    expect(codeOf(await inviteAnswer(owner, address()))).toEqual([429, 'invitations_too_many']);
  });

  it.each([{ role: 'owner2' }, {}, { role: 'member', roles: ['INTERNAL'] }, { role: 'member', validHours: 0 }, { role: 'member', validHours: 721 }, { role: 'member', customRoleIds: [newId()] }, { role: 'member', more: 1 }])('answers 422 to %j', async (given) => {
    const { owner } = await service.register();
    expect((await inviteAnswer(owner, address(), given)).status).toBe(422);
  });
});
