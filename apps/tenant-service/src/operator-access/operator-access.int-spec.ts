import { Transactor } from '@plinth/database';
import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { eventually } from '@plinth/testing';
import { OperatorsService } from '../operators/operators.service.js';
import { bootTenantService } from '../testing.js';
import type { OperatorAccessView } from './operator-access.js';

const gateway: Principal = { type: 'service', id: 'gateway', tenantId: null, roles: [] };

describe('an operator’s access to a tenant', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService({ sendsMail: true });
  });
  afterAll(() => service.close());

  /** An operator, and a tenant with its policy. */
  async function setup(policy?: 'open' | 'approval' | 'closed') {
    const email = `${newId()}@operators.example`;
    await service.app.get(OperatorsService).bootstrap(email, 'a long operator password');
    const [account] = await service.database.query<{ id: string }>('SELECT id FROM tenancy.account WHERE email = $1', [email]);
    const operator: Principal = { type: 'operator', id: account?.id ?? '', tenantId: null, roles: ['PLATFORM_ADMIN'] };
    const { tenant, owner } = await service.register();
    const path = `/v1/tenants/${tenant.id}`;
    const choose = (operatorAccess: string | null, as: Principal = owner) => service.call('PATCH', path, { as, body: { settings: { operatorAccess } } });
    if (policy !== undefined) expect((await choose(policy)).status).toBe(200);
    const ask = async (body: object = {}, as: Principal = operator) => {
      const answer = await service.call('POST', `/v1/admin/tenants/${tenant.id}/access`, { as, body: { reason: 'Ticket 4711', ...body } });
      return { ...answer, access: answer.json() as unknown as OperatorAccessView & { code?: string } };
    };
    const decide = (id: string, decision: string, as: Principal = owner, headers: Record<string, string> = {}) => service.call('POST', `${path}/operator-access/${id}/${decision}`, { as, headers });
    const list = async (as: Principal = owner) => (await service.call('GET', `${path}/operator-access`, { as })).json() as unknown as { data: OperatorAccessView[] };
    const live = async () => ((await service.call('GET', `/internal/v1/accounts/${operator.id}/standing`, { as: gateway })).json() as unknown as { accesses: { grantId: string }[] }).accesses;
    const rows = (filter: string) => service.database.query<{ event_type: string; payload: Record<string, never> }>(`SELECT event_type, payload FROM tenancy.event_outbox WHERE tenant_id = $1 AND ${filter} ORDER BY sequence`, [tenant.id]);
    const events = async () => (await rows(`event_type LIKE 'operator_access.%'`)).map(({ event_type, payload }) => [event_type, payload['cause'] ?? null]);
    const trail = async () => (await rows(`payload ->> 'action' LIKE 'operator_access.%'`)).map(({ payload }) => payload as Record<string, unknown>);
    const told = async () => (await service.database.query(`SELECT 1 FROM tenancy.revocation WHERE kind = 'memberships_changed' AND subject_id = $1`, [operator.id])).length;
    /** As if so many minutes had gone by since. */
    const letPass = (id: string, minutes: number) =>
      service.database.query(
        `UPDATE tenancy.operator_access SET requested_at = requested_at - $2 * interval '1 minute', answer_by = answer_by - $2 * interval '1 minute',
           decided_at = decided_at - $2 * interval '1 minute', expires_at = expires_at - $2 * interval '1 minute' WHERE id = $1`,
        [id, minutes],
      );
    return { operator, tenant, owner, choose, ask, decide, list, live, events, trail, told, letPass };
  }

  it('waits for an owner or admin where the tenant has chosen nothing else, and holds as asked from then on', async () => {
    const { operator, tenant, owner, ask, decide, list, live, events, trail, told } = await setup();
    const { status, headers, access } = await ask({ capabilities: ['tenant.read', 'audit.read'], minutes: 30 });
    expect([status, headers['etag'], headers['location']]).toEqual([201, '"1"', `/v1/admin/access/${access.id}`]);
    expect(access).toMatchObject({ status: 'requested', operatorId: operator.id, tenantId: tenant.id, capabilities: ['tenant.read', 'audit.read'], minutes: 30, expiresAt: null });
    expect([await live(), await told()]).toEqual([[], 0]);
    expect((await list()).data).toEqual([access]);

    const approved = await decide(access.id, 'approve', { ...owner, roles: ['admin'] });
    expect([approved.status, approved.headers['etag']]).toEqual([200, '"2"']);
    const view = approved.json() as unknown as OperatorAccessView;
    expect(view).toMatchObject({ status: 'granted', decidedBy: owner.id });
    expect(Date.parse(view.expiresAt ?? '') - Date.parse(view.decidedAt ?? '')).toBe(30 * 60_000);
    expect(await live()).toEqual([{ grantId: access.id, tenantId: tenant.id, capabilities: ['tenant.read', 'audit.read'], expiresAt: view.expiresAt, reason: 'Ticket 4711' }]);
    expect(await told()).toBe(1);
    expect(await events()).toEqual([['operator_access.requested', null], ['operator_access.granted', null]]);
    expect(await trail()).toMatchObject([
      { action: 'operator_access.request', tenantId: tenant.id, actor: { type: 'operator', id: operator.id }, resource: { type: 'operator_access', id: access.id }, reason: 'Ticket 4711', before: null, after: { status: 'requested' } },
      { action: 'operator_access.grant', actor: { type: 'user', id: owner.id }, before: { status: 'requested' }, after: { status: 'granted', expiresAt: view.expiresAt } },
    ]);
    expect((await service.call('GET', `/v1/admin/access/${access.id}`, { as: operator })).json()).toEqual(view);
    expect((await service.call('GET', `/v1/admin/tenants/${tenant.id}/access`, { as: { ...operator, roles: ['PLATFORM_VIEWER'] } })).json()).toEqual({ data: [view], nextCursor: null });
  });

  it('is told to owners and admins by mail where it waits for them, and to nobody where it does not', async () => {
    const queued = async () => (await service.database.query(`SELECT FROM tenancy.mail WHERE kind = 'operator_access_was_requested'`)).length;
    const { owner, ask } = await setup();
    const people = [owner, await service.join(owner, { role: 'admin' }), await service.join(owner, { role: 'member' })];
    const before = await queued();
    expect((await ask()).status).toBe(201);
    expect(await queued()).toBe(before + 2);
    for (const policy of ['open', 'closed'] as const) await (await setup(policy)).ask();
    expect(await queued()).toBe(before + 2);
    const accounts = await service.database.query<{ id: string; email: string }>('SELECT id, email FROM tenancy.account WHERE id = ANY ($1)', [people.map(({ id }) => id)]);
    const mailed = await eventually(async () => {
      const sent = await Promise.all(accounts.map(async ({ id, email }) => ({ id, told: (await service.mail.to(email)).filter((mail) => mail.includes('Subject: An operator asks')).length })));
      const told = sent.filter(({ told: count }) => count === 1).map(({ id }) => id);
      expect(told).toHaveLength(2);
      return told;
    });
    expect(new Set(mailed)).toEqual(new Set(people.slice(0, 2).map(({ id }) => id)));
  });

  it('is granted at once where the tenant is open, for an hour and reading only where nothing else is asked', async () => {
    const { ask, live, events } = await setup('open');
    const { status, access } = await ask();
    expect([status, access.status, access.decidedBy, access.minutes]).toEqual([201, 'granted', null, 60]);
    expect(access.capabilities.every((name) => /\.(read|view|evaluate)$/.test(name))).toBe(true);
    expect([(await live()).length, await events()]).toEqual([1, [['operator_access.requested', null], ['operator_access.granted', null]]]);
  });

  it('is refused where the tenant is closed, which sees who has asked', async () => {
    const { operator, ask, live, list, events, trail } = await setup('closed');
    const { status, access } = await ask();
    expect([status, access.code, await live()]).toEqual([403, 'operator_access_closed', []]);
    expect(await events()).toEqual([['operator_access.requested', null], ['operator_access.refused', 'policy']]);
    expect((await list()).data).toMatchObject([{ status: 'refused', cause: 'policy', operatorId: operator.id, reason: 'Ticket 4711' }]);
    expect((await trail()).map(({ action }) => action)).toEqual(['operator_access.request', 'operator_access.refuse']);
  });

  it.each<[string, object]>([
    ['no reason', { reason: '' }],
    ['what no operator may have', { capabilities: ['tenant.read', 'api_key.create'] }],
    ['members', { capabilities: ['member.set_roles'] }],
    ['what INTERNAL_* roles grant', { capabilities: ['trade.settle'] }],
    ['what is the platform’s', { capabilities: ['tenant.suspend'] }],
    ['everything', { capabilities: ['*'] }],
    ['nothing', { capabilities: [] }],
    ['more than eight hours', { minutes: 481 }],
    ['no time', { minutes: 0 }],
    ['another’s name', { operatorId: newId() }],
  ])('is not asked for with %s', async (_, body) => {
    const { ask, list } = await setup('open');
    expect((await ask(body)).status).toBe(422);
    expect((await list()).data).toEqual([]);
  });

  it('is asked for by operators alone who may, and of a tenant that there is and is active', async () => {
    const { operator, owner, tenant, ask } = await setup('open');
    for (const as of [owner, { ...operator, roles: ['PLATFORM_VIEWER'] }]) expect((await ask({}, as)).status).toBe(403);
    const nowhere = await service.call('POST', `/v1/admin/tenants/${newId()}/access`, { as: operator, body: { reason: 'x' } });
    expect([nowhere.status, nowhere.json()['code']]).toEqual([404, 'tenant_not_found']);
    expect((await service.call('GET', `/v1/admin/tenants/${newId()}/access`, { as: operator })).status).toBe(404);
    expect((await service.call('GET', `/v1/admin/access/${newId()}`, { as: operator })).status).toBe(404);
    await service.call('POST', `/v1/tenants/${tenant.id}/suspend`, { as: operator, body: { reason: 'x' } });
    expect((await ask()).access.code).toBe('operator_access_tenant_not_active');
  });

  it('is one at a time of an operator and a tenant, from many at once too', async () => {
    const { operator, ask, live, list, decide } = await setup('open');
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask()));
    expect(answers.map(({ status, access }) => access.code ?? status).sort()).toEqual([201, ...Array<string>(4).fill('operator_access_open')]);
    const [first] = await live();
    expect((await decide(first?.grantId ?? '', 'end')).status).toBe(200);
    expect([(await ask()).status, (await live()).length, (await list()).data.length]).toEqual([201, 1, 2]);
    expect((await live()).map(({ grantId }) => grantId)).not.toContain(first?.grantId);
    expect(operator.tenantId).toBeNull();
  });

  it('is refused or ended by the tenant, withdrawn or ended by an operator, and told to gateways where it held', async () => {
    const refused = await setup();
    const waiting = (await refused.ask()).access;
    expect((await refused.decide(waiting.id, 'refuse')).json()).toMatchObject({ status: 'refused', cause: 'tenant' });
    expect(await refused.told()).toBe(0);
    for (const decision of ['approve', 'refuse', 'end']) expect([(await refused.decide(waiting.id, decision)).status, await refused.live()]).toEqual([409, []]);

    const ended = await setup('open');
    const held = (await ended.ask()).access;
    expect((await ended.decide(held.id, 'end', ended.owner, { 'if-match': '"1"' })).status).toBe(412);
    expect((await ended.decide(held.id, 'end')).json()).toMatchObject({ status: 'ended', cause: 'tenant', endedBy: ended.owner.id });
    expect([await ended.live(), await ended.told()]).toEqual([[], 2]);

    const given = await setup('open');
    const another = (await given.ask()).access;
    const byOperator = (id: string) => service.call('DELETE', `/v1/admin/access/${id}`, { as: { ...given.operator, id: ended.operator.id } });
    expect([(await byOperator(another.id)).status, (await byOperator(another.id)).status, await given.live()]).toEqual([204, 409, []]);
    expect(await given.events()).toEqual([['operator_access.requested', null], ['operator_access.granted', null], ['operator_access.ended', 'operator']]);

    const withdrawn = await setup();
    const unwanted = (await withdrawn.ask()).access;
    expect((await service.call('DELETE', `/v1/admin/access/${unwanted.id}`, { as: withdrawn.operator })).status).toBe(204);
    expect((await withdrawn.list()).data).toMatchObject([{ status: 'refused', cause: 'withdrawn' }]);
  });

  it('is decided by people who may, and by nobody of another tenant', async () => {
    const { owner, tenant, ask, decide, live } = await setup();
    const { access } = await ask();
    const key: Principal = { type: 'api_key', id: newId(), tenantId: tenant.id, roles: ['owner'], scopes: ['*'] };
    for (const decision of ['approve', 'refuse', 'end']) {
      expect((await decide(access.id, decision, key)).json()['code']).toBe('person_required');
      for (const roles of [['member'], ['viewer']]) expect((await decide(access.id, decision, { ...owner, roles })).status).toBe(403);
    }
    const theirs = await service.register();
    expect((await decide(access.id, 'approve', theirs.owner)).status).toBe(404);
    expect((await service.call('POST', `/v1/tenants/${theirs.tenant.id}/operator-access/${access.id}/approve`, { as: theirs.owner })).status).toBe(404);
    expect((await service.call('GET', `/v1/tenants/${theirs.tenant.id}/operator-access`, { as: theirs.owner })).json()).toEqual({ data: [], nextCursor: null });
    expect([await live(), (await decide(access.id, 'approve')).status]).toEqual([[], 200]);
  });

  it('ends by the clock, whether anybody has written it down or not; the job tells of it once', async () => {
    const { ask, letPass, live, list, decide, events, trail } = await setup('open');
    const { access } = await ask({ minutes: 5 });
    await letPass(access.id, 4);
    expect(await live()).toHaveLength(1);
    await letPass(access.id, 1);
    expect([await live(), (await decide(access.id, 'end')).status]).toEqual([[], 409]);
    expect((await list()).data).toMatchObject([{ status: 'ended', cause: 'expired' }]);
    const finish = async () => (await service.call('POST', '/internal/v1/operator-access/finish-over', { as: { type: 'service', id: 'scheduler', tenantId: null, roles: [] }, body: {} })).json();
    expect(await finish()).toEqual({ finished: 1, more: false });
    expect(await finish()).toEqual({ finished: 0, more: false });
    expect((await events()).at(-1)).toEqual(['operator_access.ended', 'expired']);
    expect((await trail()).at(-1)).toMatchObject({ action: 'operator_access.end', actor: { type: 'service', id: 'scheduler' }, after: { status: 'ended', cause: 'expired', endedBy: null } });
    expect((await ask()).status).toBe(201);
  });

  it('that nobody answers within a day is refused, and makes room for another', async () => {
    const { ask, letPass, decide, list, events } = await setup();
    const { access } = await ask();
    await letPass(access.id, 24 * 60);
    expect((await decide(access.id, 'approve')).status).toBe(409);
    expect((await ask()).status).toBe(201);
    expect((await list()).data).toMatchObject([{ status: 'requested' }, { status: 'refused', cause: 'unanswered' }]);
    expect(await events()).toEqual([['operator_access.requested', null], ['operator_access.refused', 'unanswered'], ['operator_access.requested', null]]);
  });

  it('ends at once, and what waits is refused, when the tenant closes itself; the policy is for people to choose', async () => {
    const held = await setup('open');
    await held.ask();
    const { operator: second } = await setup();
    expect((await held.choose('approval')).status).toBe(200);
    const waiting = (await held.ask({}, second)).access;
    expect(waiting.status).toBe('requested');
    const key: Principal = { type: 'api_key', id: newId(), tenantId: held.tenant.id, roles: ['owner'], scopes: ['*'] };
    const visiting: Principal = { ...held.operator, tenantId: held.tenant.id, access: { grantId: newId(), capabilities: ['tenant.update'], expiresAt: new Date(Date.now() + 60_000).toISOString(), reason: 'Ticket 4711' } };
    for (const as of [key, visiting]) expect((await held.choose('open', as)).json()['code']).toBe('person_required');
    expect((await service.call('PATCH', `/v1/tenants/${held.tenant.id}`, { as: key, body: { settings: { operatorAccess: 'approval', theme: 'dark' } } })).status).toBe(200);
    expect((await held.choose('closed')).status).toBe(200);
    expect([await held.live(), (await held.list()).data.map(({ status, cause }) => [status, cause])]).toEqual([[], [['refused', 'policy'], ['ended', 'policy']]]);
    expect(await held.told()).toBe(2);
  });

  it('is nothing any more for who is no operator, whose account is disabled, or whose role does not ask; gateways hear of each', async () => {
    const { operator, ask, live, told } = await setup('open');
    await ask();
    const before = await told();
    const set = (sql: string) => service.database.query(sql, [operator.id]);
    await set(`UPDATE tenancy.operator SET roles = ARRAY['PLATFORM_VIEWER'] WHERE account_id = $1`);
    expect([await live(), await told()]).toEqual([[], before + 1]);
    await set(`UPDATE tenancy.operator SET roles = ARRAY['PLATFORM_ADMIN'] WHERE account_id = $1`);
    expect(await live()).toHaveLength(1);
    await set(`UPDATE tenancy.account SET status = 'disabled' WHERE id = $1`);
    expect([await live(), await told()]).toEqual([[], before + 3]);
    await set(`UPDATE tenancy.account SET status = 'active' WHERE id = $1`);
    await set('DELETE FROM tenancy.operator WHERE account_id = $1');
    expect([await live(), await told()]).toEqual([[], before + 5]);
  });

  it('lets its operator do what it gives in that tenant and nothing else, and the trail say under which grant', async () => {
    const { operator, tenant, ask, trail } = await setup('open');
    const { access } = await ask({ capabilities: ['tenant.read', 'tenant.update'] });
    const granted = { grantId: access.id, capabilities: access.capabilities, expiresAt: access.expiresAt ?? '', reason: access.reason };
    const visiting: Principal = { ...operator, tenantId: tenant.id, access: granted };
    const path = `/v1/tenants/${tenant.id}`;
    const status = async (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', at: string, as = visiting, body?: object) => (await service.call(method, at, { as, ...(body === undefined ? {} : { body }) })).status;
    expect([await status('GET', path), await status('PATCH', path, visiting, { name: 'Mended' })]).toEqual([200, 200]);
    const theirs = await service.register();
    // Neither another tenant, nor another capability, nor anything of the platform's, nor what is the operator's own.
    expect([await status('GET', `/v1/tenants/${theirs.tenant.id}`), await status('PATCH', `/v1/tenants/${theirs.tenant.id}`, visiting, { name: 'x' })]).toEqual([404, 404]);
    for (const at of [`${path}/members`, '/v1/api-keys', '/v1/tenants', '/v1/auth/me', `/v1/admin/tenants/${tenant.id}/access`, `${path}/operator-access`]) expect([at, await status('GET', at)]).toEqual([at, 403]);
    expect(await status('POST', `${path}/deactivate`)).toBe(403);
    expect(await status('POST', `${path}/operator-access/${access.id}/approve`)).toBe(403);
    expect(await status('GET', path, { ...visiting, access: { ...granted, expiresAt: new Date(Date.now() - 1).toISOString() } })).toBe(403);
    expect(await status('GET', '/v1/api-keys', { ...visiting, access: { ...granted, capabilities: ['api_key.create'] } })).toBe(403);
    const updates = await service.database.query<{ payload: unknown }>(`SELECT payload FROM tenancy.event_outbox WHERE tenant_id = $1 AND payload ->> 'action' = 'tenant.update' ORDER BY sequence`, [tenant.id]);
    expect(updates.at(-1)).toMatchObject({ payload: { actor: { type: 'operator', id: operator.id }, reason: `operator access ${access.id}: Ticket 4711`, after: { name: 'Mended' } } });
    expect((await trail()).length).toBe(2);
  });

  it('can be asked for in one’s own name alone, as the database has it too', async () => {
    const { operator, tenant } = await setup();
    const transactor = new Transactor({ appDatabaseUrl: service.database.appUrl('tenancy'), systemDatabaseUrl: service.database.systemUrl('tenancy'), poolSize: 1, applicationName: 'test' });
    const insert = (tenantId: string, principalId: string | null) =>
      transactor.run({ tenantId, principalId }, (tx) =>
        tx.query(
          `INSERT INTO tenancy.operator_access (id, tenant_id, operator_id, capabilities, reason, minutes, status, requested_at, answer_by, version)
           VALUES ($1, $2, $3, ARRAY['tenant.read'], 'x', 60, 'requested', now(), now(), 1) RETURNING id`,
          [newId(), tenant.id, operator.id],
        ),
      );
    await expect(insert(tenant.id, newId())).rejects.toThrow('row-level security');
    await expect(insert(newId(), operator.id)).rejects.toThrow('row-level security');
    await insert(tenant.id, operator.id);
    const stretch = transactor.run({ tenantId: tenant.id, principalId: null }, (tx) =>
      tx.query(`UPDATE tenancy.operator_access SET status = 'granted', decided_at = now(), expires_at = now() + interval '9 hours' WHERE operator_id = $1`, [operator.id]),
    );
    await expect(stretch).rejects.toThrow('operator_access_granted_until');
    await transactor.close();
  });
});
