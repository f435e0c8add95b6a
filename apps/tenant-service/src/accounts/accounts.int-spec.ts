import { newId } from '@plinth/kernel';
import { bootTenantService, currentConsents } from '../testing.js';

describe('POST /v1/auth/register', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService();
  });
  afterAll(() => service.close());

  const count = async (sql: string, parameters: unknown[] = []) => Number((await service.database.query<{ n: string }>(`SELECT count(*) AS n FROM ${sql}`, parameters))[0]?.n);

  it('makes an account and an active tenant with its owner, events and audit record in one transaction', async () => {
    const { answer, user, tenant } = await service.register();
    expect(answer.status).toBe(201);
    expect(answer.headers['location']).toBe(`/v1/tenants/${tenant.id}`);
    expect(answer.json()).toMatchObject({ tenant: { name: 'Acme', status: 'active', tier: 'free' } });
    expect(answer.text).not.toMatch(/password|argon/i);
    const rows = await service.database.query(
      `SELECT event_type, event_version, aggregate_id, aggregate_version, tenant_id, status FROM tenancy.event_outbox WHERE tenant_id = $1 ORDER BY sequence`,
      [tenant.id],
    );
    expect(rows).toEqual([
      { event_type: 'user.registered', event_version: 1, aggregate_id: user.id, aggregate_version: '1', tenant_id: tenant.id, status: 'pending' },
      { event_type: 'tenant.created', event_version: 1, aggregate_id: tenant.id, aggregate_version: '1', tenant_id: tenant.id, status: 'pending' },
      { event_type: 'audit.recorded', event_version: 1, aggregate_id: tenant.id, aggregate_version: null, tenant_id: tenant.id, status: 'pending' },
    ]);
  });

  it('records who, from where and what in the audit event, with the personal fields named', async () => {
    const { user, tenant } = await service.register();
    const [row] = await service.database.query<{ payload: unknown }>(`SELECT payload FROM tenancy.event_outbox WHERE tenant_id = $1 AND event_type = 'audit.recorded'`, [tenant.id]);
    expect(row?.payload).toMatchObject({
      actor: { type: 'user', id: user.id },
      action: 'auth.register',
      resource: { type: 'tenant', id: tenant.id },
      outcome: 'success',
      ip: '203.0.113.7',
      userAgent: 'test-agent/1.0',
      before: null,
      personal: ['/after/user/email'],
    });
  });

  it('keeps neither the password nor the e-mail address in a log line', async () => {
    const { request } = await service.register();
    expect(service.logLines.join('')).not.toContain(request.email);
    expect(service.logLines.join('')).not.toContain(request.password);
  });

  it('answers the same request under the same key with the same bytes, and makes nothing again', async () => {
    const key = newId();
    const first = await service.register('twice@plinth.example', key);
    const again = await service.register('twice@plinth.example', key);
    expect(again.answer.status).toBe(201);
    expect(again.answer.text).toBe(first.answer.text);
    expect(again.answer.headers['etag']).toBe(first.answer.headers['etag']);
    expect(again.answer.headers['location']).toBe(first.answer.headers['location']);
    expect(again.answer.headers['idempotent-replayed']).toBe('true');
    expect(first.answer.headers['idempotent-replayed']).toBeUndefined();
    expect(await count(`tenancy.account WHERE email = 'twice@plinth.example'`)).toBe(1);
  });

  it('takes the quoted key as the bare one, and a body in another order as the same request', async () => {
    const key = newId();
    const { request, answer } = await service.register(undefined, key);
    const reordered = Object.fromEntries(Object.entries(request).reverse());
    const again = await service.call('POST', '/v1/auth/register', { body: reordered, key: `"${key}"` });
    expect(again.text).toBe(answer.text);
  });

  it('refuses the key of another request with 422', async () => {
    const key = newId();
    const { request } = await service.register(undefined, key);
    const other = await service.call('POST', '/v1/auth/register', { body: { ...request, password: 'another password' }, key });
    expect(other.status).toBe(422);
    expect(other.json()).toMatchObject({ code: 'idempotency_key_reused' });
  });

  it('lets one of 20 identical requests at once through, and tells the others to wait or the same answer', async () => {
    const key = newId();
    const email = 'at-once@plinth.example';
    const answers = await Promise.all(Array.from({ length: 20 }, () => service.register(email, key)));
    const statuses = answers.map(({ answer }) => answer.status);
    expect(statuses.filter((status) => status === 201).length).toBeGreaterThanOrEqual(1);
    expect(statuses.filter((status) => status !== 201 && status !== 409)).toEqual([]);
    const inProgress = answers.filter(({ answer }) => answer.status === 409);
    expect(inProgress.every(({ answer }) => answer.json()['code'] === 'idempotency_in_progress' && answer.headers['retry-after'] === '1')).toBe(true);
    expect(new Set(answers.filter(({ answer }) => answer.status === 201).map(({ answer }) => answer.text)).size).toBe(1);
    expect(await count(`tenancy.account WHERE email = $1`, [email])).toBe(1);
  });

  it('keeps no answer of an error: its retry under the same key runs anew', async () => {
    const key = newId();
    const { request } = await service.register();
    const taken = await service.call('POST', '/v1/auth/register', { body: request, key });
    expect(taken.status).toBe(409);
    expect(taken.json()).toMatchObject({ code: 'email_taken' });
    await service.database.query(`UPDATE tenancy.account SET email = 'moved-' || email WHERE email = $1`, [request.email]);
    expect((await service.call('POST', '/v1/auth/register', { body: request, key })).status).toBe(201);
  });

  it('leaves nothing of a registration that fails half-way', async () => {
    const { request } = await service.register();
    const before = [await count('tenancy.tenant'), await count('tenancy.event_outbox'), await count('tenancy.idempotency_record')];
    expect((await service.call('POST', '/v1/auth/register', { body: { ...request, tenantName: 'Half' } })).status).toBe(409);
    expect([await count('tenancy.tenant'), await count('tenancy.event_outbox'), await count('tenancy.idempotency_record')]).toEqual(before);
  });

  it("tells nobody by a unique value of another tenant's: names may be the same, and a taken address is told without its tenant", async () => {
    const [one, other] = [await service.register(), await service.register()];
    expect(one.tenant.slug).toMatch(/^acme-[0-9a-f]{8}$/);
    expect(other.tenant.slug).toMatch(/^acme-[0-9a-f]{8}$/);
    expect(other.tenant.slug).not.toBe(one.tenant.slug);
    const taken = await service.call('POST', '/v1/auth/register', { body: { ...one.request, tenantName: 'Other' } });
    expect(taken.json()).toMatchObject({ code: 'email_taken' });
    for (const fact of [one.tenant.id, one.tenant.slug, one.user.id, 'account_email_unique']) expect(taken.text).not.toContain(fact);
  });

  it('keeps the answer unreadable in the database', async () => {
    const { user } = await service.register();
    const records = await service.database.query<{ answer: Buffer }>('SELECT answer FROM tenancy.idempotency_record');
    expect(records.length).toBeGreaterThan(0);
    expect(records.some(({ answer }) => answer.includes(user.id))).toBe(false);
  });

  it.each([
    ['no consent', { consents: [] }, 422, 'consent_missing'],
    ['an old version', { consents: [{ document: 'terms', version: '1999-01' }, currentConsents[1]] }, 422, 'consent_missing'],
    ['consents of a wrong shape', { consents: 'all' }, 422, 'validation_failed'],
    ['a consent with an unknown field', { consents: [{ ...currentConsents[0], given: true }] }, 422, 'validation_failed'],
    ['a bad e-mail address', { email: 'nobody' }, 422, 'validation_failed'],
    ['a short password', { password: 'short' }, 422, 'validation_failed'],
    ['a field that the server owns', { status: 'active' }, 422, 'validation_failed'],
    ['a role', { role: 'operator' }, 422, 'validation_failed'],
  ])('refuses %s', async (_, change, status, code) => {
    const body = { email: `${newId()}@plinth.example`, password: 'correct horse battery', tenantName: 'Acme', consents: currentConsents, ...change };
    const answer = await service.call('POST', '/v1/auth/register', { body });
    expect(answer.status).toBe(status);
    expect(answer.json()).toMatchObject({ code });
  });

  it('needs an Idempotency-Key', async () => {
    const answer = await service.call('POST', '/v1/auth/register', { body: {}, key: null });
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'idempotency_key_required' });
  });

  it('stores and reads back text that looks like SQL or shell unchanged', async () => {
    const tenantName = `Robert'); DROP TABLE tenancy.tenant; -- $(rm -rf /) \u202E 🚀`;
    const body = { email: `${newId()}@plinth.example`, password: 'correct horse battery', tenantName, consents: currentConsents };
    const answer = await service.call('POST', '/v1/auth/register', { body });
    expect(answer.json()).toMatchObject({ tenant: { name: tenantName } });
  });
});
