import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { eventually } from '@plinth/testing';
import { decodeJwt } from 'jose';
import { bootTenantService } from '../testing.js';
import type { CredentialView } from './credential.js';

const gateway: Principal = { type: 'service', id: 'gateway', tenantId: null, roles: [] };
const scheduler: Principal = { ...gateway, id: 'scheduler' };
const kind = 'professional_engineer_licence';
const dayMs = 86_400_000;
const day = (days: number) => new Date(Date.now() + days * dayMs).toISOString().slice(0, 10);

describe('credentials of members', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService({ sendsMail: true });
  });
  afterAll(() => service.close());

  type Answered = CredentialView & { readonly number?: string; readonly code?: string };

  /** A tenant with an engineer, and how their credentials are called. */
  async function setup() {
    const { owner, tenant, request } = await service.register();
    const engineer = await service.join(owner, { role: 'member', roles: ['engineer'] });
    const [{ email } = { email: '' }] = await service.database.query<{ email: string }>('SELECT email FROM tenancy.account WHERE id = $1', [engineer.id]);
    const path = `/v1/tenants/${tenant.id}`;
    const call = async (method: 'GET' | 'POST', at: string, as: Principal, body?: object, headers: Record<string, string> = {}) => {
      const answer = await service.call(method, `${path}${at}`, { as, headers, ...(body === undefined ? {} : { body }) });
      return { status: answer.status, headers: answer.headers, body: answer.json() as unknown as Answered & { data: Answered[] } };
    };
    const submit = (over: object = {}, as = engineer) => call('POST', '/own-credentials', as, { kind, number: 'PE 4711-ZH', issuer: 'Board of Engineers', issuedOn: '2020-03-01', expiresOn: day(365), ...over });
    const decide = (id: string, step: 'verify' | 'reject' | 'withdraw', as = owner, body: object = { reason: 'struck off the register' }, headers: Record<string, string> = {}) =>
      call('POST', `/members/${engineer.id}/credentials/${id}/${step}`, as, step === 'verify' ? {} : body, headers);
    const standing = async () => {
      const { memberships } = (await service.call('GET', `/internal/v1/accounts/${engineer.id}/standing`, { as: gateway })).json() as unknown as { memberships: { tenantId: string; credentials?: { kind: string; expiresAt: string }[] }[] };
      return memberships.find(({ tenantId }) => tenantId === tenant.id)?.credentials;
    };
    const rows = (filter: string) => service.database.query<{ event_type: string; payload: Record<string, never> }>(`SELECT event_type, payload FROM tenancy.event_outbox WHERE tenant_id = $1 AND ${filter} ORDER BY sequence`, [tenant.id]);
    const events = async () => (await rows(`event_type LIKE 'credential.%'`)).map(({ event_type }) => event_type);
    const trail = async () => (await rows(`payload ->> 'action' LIKE 'credential.%'`)).map(({ payload }) => payload as Record<string, unknown>);
    const told = async () => (await service.database.query(`SELECT 1 FROM tenancy.revocation WHERE kind = 'memberships_changed' AND subject_id = $1`, [engineer.id])).length;
    /** As if it ended in so many days. */
    const endsIn = (id: string, days: number) => service.database.query(`UPDATE tenancy.credential SET expires_at = now() + $2 * interval '1 day' WHERE id = $1`, [id, days]);
    return { owner, tenant, request, engineer, email, call, submit, decide, standing, rows, events, trail, told, endsIn };
  }

  it('are submitted, verified by another, and stand in what gateways and tokens know from then on', async () => {
    const { owner, tenant, engineer, email, submit, decide, standing, events, trail, told } = await setup();
    const before = await told();
    const { status, headers, body } = await submit();
    expect([status, headers['etag'], headers['location']]).toEqual([201, '"1"', `/v1/tenants/${tenant.id}/own-credentials/${body.id}`]);
    expect(body).toMatchObject({ accountId: engineer.id, kind, number: 'PE 4711-ZH', issuer: 'Board of Engineers', issuedOn: '2020-03-01', expiresOn: day(365), status: 'submitted', decidedBy: null });
    expect([await standing(), await told()]).toEqual([undefined, before]);
    const verified = await decide(body.id, 'verify');
    expect([verified.status, verified.headers['etag'], verified.body]).toEqual([200, '"2"', expect.objectContaining({ status: 'verified', decidedBy: owner.id })]);
    const expiresAt = `${day(366)}T00:00:00.000Z`;
    expect([await standing(), await told()]).toEqual([[{ kind, expiresAt }], before + 1]);
    const login = await service.call('POST', '/v1/auth/login', { body: { email, password: 'correct horse battery' } });
    const { mbr } = decodeJwt<{ mbr: { tid: string; crd?: object[] }[] }>(String(login.json()['accessToken']));
    expect(mbr.filter(({ crd }) => crd !== undefined)).toEqual([expect.objectContaining({ tid: tenant.id, crd: [{ knd: kind, exp: expiresAt }] })]);
    expect(await events()).toEqual(['credential.submitted', 'credential.verified']);
    expect(await trail()).toMatchObject([
      { action: 'credential.submit', actor: { type: 'user', id: engineer.id }, resource: { type: 'credential', id: body.id }, before: null, after: { kind, status: 'submitted', accountId: engineer.id } },
      { action: 'credential.verify', actor: { type: 'user', id: owner.id }, before: { status: 'submitted' }, after: { status: 'verified' } },
    ]);
  });

  it('show what the caller may do with them and without, behind their end too', async () => {
    const { engineer, email } = await setup();
    await service.call('POST', '/v1/auth/login', { body: { email, password: 'correct horse battery' } });
    const [session] = await service.database.query<{ id: string }>('SELECT id FROM tenancy.session WHERE account_id = $1', [engineer.id]);
    const capabilities = async (ends: number | null) => {
      const credentials = ends === null ? {} : { credentials: [{ kind, expiresAt: new Date(Date.now() + ends).toISOString() } as const] };
      const me = (await service.call('GET', '/v1/auth/me', { as: { ...engineer, sessionId: session?.id ?? '', ...credentials } })).json() as unknown as { capabilities: string[] };
      return ['calculation.view', 'calculation.approve'].filter((name) => me.capabilities.includes(name));
    };
    expect(await capabilities(null)).toEqual(['calculation.view']);
    expect(await capabilities(60_000)).toEqual(['calculation.view', 'calculation.approve']);
    expect(await capabilities(-1)).toEqual(['calculation.view']);
  });

  it('stop counting when they are withdrawn, by their member or with a reason by who may verify; gateways hear of it', async () => {
    const { owner, engineer, call, submit, decide, standing, told, events } = await setup();
    const first = (await submit()).body;
    await decide(first.id, 'verify');
    const before = await told();
    expect((await decide(first.id, 'withdraw', owner, { reason: '' })).status).toBe(422);
    expect((await decide(first.id, 'withdraw', owner, undefined, { 'if-match': '"1"' })).status).toBe(412);
    expect((await decide(first.id, 'withdraw')).body).toMatchObject({ status: 'withdrawn', reason: 'struck off the register', decidedBy: owner.id });
    expect([await standing(), await told()]).toEqual([undefined, before + 1]);
    for (const step of ['verify', 'reject', 'withdraw'] as const) expect((await decide(first.id, step)).body.code).toBe('credential_not_open');
    const second = (await submit()).body;
    await decide(second.id, 'verify');
    expect((await call('POST', `/own-credentials/${second.id}/withdraw`, engineer)).body.status).toBe('withdrawn');
    expect([await standing(), await told(), (await events()).at(-1)]).toEqual([undefined, before + 3, 'credential.withdrawn']);
  });

  it('are rejected with a reason, and one of a kind waits at a time, beside one that counts', async () => {
    const { submit, decide, standing, told } = await setup();
    const { body } = await submit();
    expect((await submit()).body.code).toBe('credential_waiting');
    const before = await told();
    expect((await decide(body.id, 'reject')).body).toMatchObject({ status: 'rejected', reason: 'struck off the register' });
    expect([await standing(), await told()]).toEqual([undefined, before]);
    const answers = await Promise.all(Array.from({ length: 4 }, () => submit()));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    const counting = answers.find(({ status }) => status === 201)?.body.id ?? '';
    await decide(counting, 'verify');
    const renewed = (await submit({ expiresOn: day(700) })).body;
    expect(await standing()).toMatchObject([{ expiresAt: `${day(366)}T00:00:00.000Z` }]);
    await decide(renewed.id, 'verify');
    expect(await standing()).toMatchObject([{ expiresAt: `${day(701)}T00:00:00.000Z` }]);
    await decide(renewed.id, 'withdraw');
    expect(await standing()).toMatchObject([{ expiresAt: `${day(366)}T00:00:00.000Z` }]);
  });

  it('are decided by people who may, never over their own, and by nobody of another tenant', async () => {
    const { owner, engineer, tenant, call, submit, decide, standing } = await setup();
    const { body } = await submit();
    const key: Principal = { type: 'api_key', id: newId(), tenantId: tenant.id, roles: ['owner'], scopes: ['*'] };
    const theirs = await service.register();
    for (const step of ['verify', 'reject', 'withdraw'] as const) {
      expect((await decide(body.id, step, key)).body.code).toBe('person_required');
      expect((await decide(body.id, step, engineer)).status).toBe(403);
      expect((await decide(body.id, step, theirs.owner)).status).toBe(404);
      expect((await service.call('POST', `/v1/tenants/${theirs.tenant.id}/members/${engineer.id}/credentials/${body.id}/${step}`, { as: theirs.owner, body: step === 'verify' ? {} : { reason: 'x' } })).status).toBe(404);
      expect((await call('POST', `/members/${owner.id}/credentials/${body.id}/${step}`, owner, step === 'verify' ? {} : { reason: 'x' })).status).toBe(404);
    }
    for (const step of ['verify', 'reject'] as const) expect((await decide(body.id, step, { ...engineer, roles: ['admin'] })).body.code).toBe('credential_own');
    for (const at of ['/own-credentials', `/own-credentials/${body.id}`]) expect((await call('GET', at, key)).body.code).toBe('person_required');
    expect((await call('GET', `/own-credentials/${body.id}`, owner)).status).toBe(404);
    expect((await submit({}, key)).body.code).toBe('person_required');
    for (const at of ['/credentials', `/members/${engineer.id}/credentials`, `/members/${engineer.id}/credentials/${body.id}`]) expect([at, (await call('GET', at, engineer)).status]).toEqual([at, 403]);
    expect(await standing()).toBeUndefined();
    // The database has it too.
    const own = service.database.query(`UPDATE tenancy.credential SET status = 'verified', decided_by = account_id WHERE id = $1`, [body.id]);
    await expect(own).rejects.toThrow('credential_verified_by_another');
  });

  it.each<[string, object]>([
    ['an unknown kind', { kind: 'driving_licence' }],
    ['no number', { number: ' ' }],
    ['a number without end', { number: 'x'.repeat(101) }],
    ['no issuer', { issuer: '' }],
    ['a date that there is not', { issuedOn: '2025-02-30' }],
    ['a time in place of a date', { expiresOn: '2030-01-01T00:00:00Z' }],
    ['an end that is over', { expiresOn: '2021-01-01' }],
    ['another member’s name', { accountId: newId() }],
    ['a status', { status: 'verified' }],
  ])('are not submitted with %s', async (_, over) => {
    const { submit, call, engineer } = await setup();
    expect((await submit(over)).status).toBe(422);
    expect((await call('GET', '/own-credentials', engineer)).body.data).toEqual([]);
  });

  it('are listed without numbers and filtered; who looks at a number stands in the trail', async () => {
    const { owner, engineer, call, submit, decide, endsIn, trail, rows } = await setup();
    const old = (await submit()).body;
    await decide(old.id, 'verify');
    await endsIn(old.id, -1);
    const waiting = (await submit({ expiresOn: day(20) })).body;
    const ids = async (query: string, at = '/credentials') => (await call('GET', `${at}${query}`, owner)).body.data.map(({ id }) => id);
    expect([await ids(''), await ids('', `/members/${engineer.id}/credentials`), await ids('', `/members/${owner.id}/credentials`)]).toEqual([[waiting.id, old.id], [waiting.id, old.id], []]);
    expect([await ids('?status=expired'), await ids('?status=verified'), await ids('?status=submitted'), await ids(`?expiresUntil=${day(30)}`), await ids(`?kind=${kind}`)]).toEqual([[old.id], [], [waiting.id], [waiting.id], [waiting.id, old.id]]);
    for (const query of ['?status=lost', '?kind=x', '?expiresUntil=soon']) expect((await call('GET', `/credentials${query}`, owner)).status).toBe(400);
    const first = (await call('GET', '/credentials?limit=1', owner)).body as unknown as { data: Answered[]; nextCursor: string };
    expect(await ids(`?limit=1&cursor=${first.nextCursor}`)).toEqual([old.id]);
    expect((await call('GET', `/credentials?status=expired&cursor=${first.nextCursor}`, owner)).status).toBe(400);

    expect((await call('GET', `/own-credentials/${waiting.id}`, engineer)).body.number).toBe('PE 4711-ZH');
    expect((await trail()).filter(({ action }) => action === 'credential.read')).toEqual([]);
    expect((await call('GET', `/members/${engineer.id}/credentials/${waiting.id}`, owner)).body.number).toBe('PE 4711-ZH');
    expect((await trail()).at(-1)).toMatchObject({ action: 'credential.read', actor: { id: owner.id }, resource: { id: waiting.id }, after: { accountId: engineer.id } });
    // The number is nowhere in the clear: no table, event, list or log; nor is the issuer in an event.
    const everywhere = await service.database.query<{ text: string }>(`SELECT c::text AS text FROM tenancy.credential c UNION ALL SELECT e::text FROM tenancy.event_outbox e`);
    const lists = JSON.stringify((await call('GET', '/credentials', owner)).body);
    for (const text of [JSON.stringify(everywhere), lists, service.logLines.join('')]) for (const form of ['PE 4711-ZH', Buffer.from('PE 4711-ZH').toString('hex')]) expect(text).not.toContain(form);
    expect(JSON.stringify(await rows('true'))).not.toContain('Board of Engineers');
  });

  it('are told of 30 days before their end and at it, once each, to the member by mail and to the trail', async () => {
    const { engineer, email, submit, decide, standing, endsIn, events, trail } = await setup();
    const { body } = await submit();
    await decide(body.id, 'verify');
    const tell = async () => (await service.call('POST', '/internal/v1/credentials/tell-endings', { as: scheduler, body: {} })).json() as unknown as { told: number; more: boolean };
    const mails = async (subject: string) => (await service.mail.to(email)).filter((message) => message.includes(subject)).length;
    await endsIn(body.id, 31);
    await tell();
    expect(await events()).toEqual(['credential.submitted', 'credential.verified']);
    await endsIn(body.id, 29);
    for (const told of [1, 0]) expect(await tell()).toEqual({ told, more: false });
    expect(await standing()).toHaveLength(1);
    await endsIn(body.id, 0);
    for (const told of [1, 0]) expect(await tell()).toEqual({ told, more: false });
    expect(await events()).toEqual(['credential.submitted', 'credential.verified', 'credential.expiring', 'credential.expired']);
    expect((await trail()).slice(-2)).toMatchObject([
      { action: 'credential.warn', actor: { type: 'service', id: 'scheduler' }, after: { accountId: engineer.id } },
      { action: 'credential.expire', before: { status: 'verified' }, after: { status: 'expired' } },
    ]);
    // What has ended is still known as such, so that whoever asks is told that it has.
    expect(Date.parse((await standing())?.[0]?.expiresAt ?? '')).toBeLessThanOrEqual(Date.now());
    await eventually(async () => expect([await mails('A credential of yours expires soon'), await mails('A credential of yours has expired')]).toEqual([1, 1]));
  });

  it('are another’s in another tenant, and go with the membership', async () => {
    const { owner, engineer, tenant, submit, decide, standing } = await setup();
    const { body } = await submit();
    await decide(body.id, 'verify');
    const { memberships } = (await service.call('GET', `/internal/v1/accounts/${engineer.id}/standing`, { as: gateway })).json() as unknown as { memberships: { tenantId: string; credentials?: object[] }[] };
    expect(memberships.length).toBe(2);
    expect(memberships.filter(({ credentials }) => credentials !== undefined).map(({ tenantId }) => tenantId)).toEqual([tenant.id]);
    expect((await service.call('DELETE', `/v1/tenants/${tenant.id}/members/${engineer.id}`, { as: owner })).status).toBe(204);
    expect(await service.database.query('SELECT 1 FROM tenancy.credential WHERE id = $1', [body.id])).toEqual([]);
    expect(await standing()).toBeUndefined();
  });
});
