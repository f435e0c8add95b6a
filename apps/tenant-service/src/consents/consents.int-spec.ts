import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { bootTenantService, currentConsents } from '../testing.js';

const dayMs = 86_400_000;

describe('consents', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService();
  });
  afterAll(() => service.close());

  /** A person who has signed up, and is signed in. */
  const setup = async () => {
    const { user, owner, tenant, request } = await service.register();
    return { userId: user.id, tenantId: tenant.id, request, person: { ...owner, sessionId: newId() } };
  };
  const operator = async (): Promise<Principal> => ({ type: 'operator', id: (await service.register()).user.id, tenantId: null, roles: ['PLATFORM_ADMIN'] });
  const codeOf = ({ status, json }: { status: number; json(): Record<string, unknown> }) => [status, json()['code']];
  const list = async (person: Principal) =>
    (await service.call('GET', '/v1/auth/consents', { as: person })).json() as unknown as { data: { document: string; version: string; withdrawnAt: string | null; textSha256: string }[]; outstanding: object[] };
  const give = (person: Principal, document: string, version: string) => service.call('POST', '/v1/auth/consents', { as: person, body: { document, version } });
  const withdraw = (person: Principal, document: string) => service.call('POST', `/v1/auth/consents/${document}/withdraw`, { as: person });
  const eventsOf = async (userId: string) =>
    await service.database.query<{ type: string; payload: object }>(
      `SELECT event_type AS type, payload FROM tenancy.event_outbox WHERE aggregate_id = $1 AND event_type LIKE 'consent.%' ORDER BY sequence`,
      [userId],
    );
  /** A document of its own, so that no other test has to agree to it; `required` from the start would stop their sign-ups. */
  const publish = async (body: object = {}) => {
    const document = `news_${newId().replaceAll('-', '').slice(-12)}`;
    const published = await service.call('POST', '/v1/admin/policies', { as: await operator(), body: { document, version: '1', title: 'News', text: 'We write to you.', required: false, ...body } });
    expect(published.status).toBe(201);
    return document;
  };
  /** Makes a document of before required, from so many days ago on: as it is when its day has come and gone. */
  const requireSince = async (document: string, daysAgo: number) => {
    await service.database.query(`UPDATE tenancy.policy_version SET effective_from = effective_from - interval '90 days' WHERE document = $1`, [document]);
    await service.database.query(
      `INSERT INTO tenancy.policy_version (id, document, version, title, required, effective_from, grace_days, published_at)
       VALUES ($1, $2, '2', 'News', true, now() - make_interval(days => $3), 30, now())`,
      [newId(), document, daysAgo],
    );
  };
  const drop = async (document: string) => {
    await service.database.query(`UPDATE tenancy.policy_version SET required = false WHERE document = $1`, [document]);
  };

  it('are shown as sign-up gave them, with time, address and the hash of what was shown', async () => {
    const { userId, person } = await setup();
    const answer = await service.call('GET', '/v1/auth/consents', { as: person });
    const [stored] = await service.database.query<{ given_at: Date; ip: string }>('SELECT given_at, ip FROM tenancy.consent WHERE account_id = $1', [userId]);
    expect(stored?.ip).toEqual(expect.any(String));
    const told = { givenAt: stored?.given_at.toISOString(), ip: stored?.ip, required: true, current: true, textSha256: expect.stringMatching(/^[0-9a-f]{64}$/), withdrawnAt: null };
    expect(answer.json()).toEqual({ data: currentConsents.toSorted((a, b) => (a.document < b.document ? -1 : 1)).map((consent) => ({ ...consent, ...told })), outstanding: [] });
  });

  it('lead to the very words that were agreed to', async () => {
    const { person } = await setup();
    const { data } = await list(person);
    const text = async (document: string) => await service.call('GET', `/v1/policy-texts/${data.find((one) => one.document === document)?.textSha256}`);
    expect((await text('terms')).text).toMatch(/^Plinth is provided/);
    expect((await text('privacy')).text).toBe((await service.call('GET', '/privacy')).text);
    const kept = await service.database.query('SELECT FROM tenancy.policy_text WHERE sha256 = decode($1, $2)', [data.find(({ document }) => document === 'privacy')?.textSha256, 'hex']);
    expect(kept).toHaveLength(1);
  });

  it('keep versions of before, newest first, and say which are no longer asked for', async () => {
    const { userId, person } = await setup();
    for (const [document, version, at] of [['terms', '2025-01', '2025-02-03'], ['newsletter', '1', '2024-02-03']]) {
      await service.database.query('INSERT INTO tenancy.consent (id, account_id, document, document_version, given_at) VALUES ($1, $2, $3, $4, $5)', [newId(), userId, document, version, at]);
    }
    const { data } = await list(person);
    expect(data.slice(-2)).toEqual([
      expect.objectContaining({ document: 'terms', version: '2025-01', ip: null, required: true, current: false, textSha256: null }),
      expect.objectContaining({ document: 'newsletter', version: '1', ip: null, required: false, current: false }),
    ]);
  });

  it("are nobody else's to see, and no API key's", async () => {
    const [one, other] = [await setup(), await setup()];
    await service.database.query("UPDATE tenancy.consent SET ip = '203.0.113.9' WHERE account_id = $1", [other.userId]);
    expect((await service.call('GET', '/v1/auth/consents', { as: one.person })).text).not.toContain('203.0.113.9');
    const { sessionId: _, ...keyless } = one.person;
    expect(await service.call('GET', '/v1/auth/consents', { as: keyless })).toMatchObject({ status: 403 });
    expect((await give(keyless, 'terms', '2026-11')).status).toBe(403);
    expect((await withdraw(keyless, 'terms')).status).toBe(403);
  });

  it('are given to an optional document later, once, and withdrawn at once, each as a row of its own', async () => {
    const { userId, person, tenantId } = await setup();
    const document = await publish();
    expect((await give(person, document, '1')).json()).toMatchObject({ document, version: '1', required: false, current: true, withdrawnAt: null });
    expect((await give(person, document, '1')).status).toBe(200);
    expect(await eventsOf(userId)).toEqual([{ type: 'consent.given', payload: { userId, document, version: '1' } }]);
    expect((await withdraw(person, document)).json()).toMatchObject({ document, withdrawnAt: expect.any(String), consequence: expect.stringContaining('stops at once') });
    expect((await list(person)).data).toContainEqual(expect.objectContaining({ document, withdrawnAt: expect.any(String) }));
    expect(codeOf(await withdraw(person, document))).toEqual([404, 'consent_not_found']);
    expect((await give(person, document, '1')).status).toBe(200);
    const rows = (await list(person)).data.filter((row) => row.document === document);
    expect(rows.map(({ withdrawnAt }) => withdrawnAt === null)).toEqual([true, false]);
    expect((await eventsOf(userId)).map(({ type }) => type)).toEqual(['consent.given', 'consent.withdrawn', 'consent.given']);
    const actions = await service.database.query<{ action: string }>(
      `SELECT payload ->> 'action' AS action FROM tenancy.event_outbox WHERE tenant_id = $1 AND payload ->> 'action' LIKE 'consent.%' ORDER BY sequence`,
      [tenantId],
    );
    expect(actions.map(({ action }) => action)).toEqual(['consent.give', 'consent.withdraw', 'consent.give']);
  });

  it('are given once, also where they are given many times at once', async () => {
    const { userId, person } = await setup();
    const document = await publish();
    const answers = await Promise.all(Array.from({ length: 10 }, () => give(person, document, '1')));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    expect(await service.database.query('SELECT FROM tenancy.consent WHERE account_id = $1 AND document = $2', [userId, document])).toHaveLength(1);
  });

  it('to what is required are not withdrawn: the answer names the way', async () => {
    const { userId, person } = await setup();
    const refused = await withdraw(person, 'terms');
    expect(codeOf(refused)).toEqual([409, 'consent_is_required']);
    expect(refused.json()['detail']).toContain('close the account');
    expect(await service.database.query('SELECT FROM tenancy.consent_withdrawal WHERE account_id = $1', [userId])).toEqual([]);
  });

  it.each([['terms', '2025-01'], ['no_such', '1'], ['terms', '2026-11\' OR true --']])('are not given to %s %s, which is not in force', async (document, version) => {
    const { person } = await setup();
    expect(codeOf(await give(person, document, version))).toEqual([422, 'consent_not_current']);
  });

  it('are neither changed nor deleted by the service', async () => {
    for (const sql of ['UPDATE tenancy.consent SET document_version = NULL', 'DELETE FROM tenancy.consent', 'DELETE FROM tenancy.consent_withdrawal', 'UPDATE tenancy.policy_text SET text = NULL']) {
      await expect(service.database.query(`SET ROLE plinth_tenancy_app; ${sql}`)).rejects.toThrow('permission denied');
      await service.database.query('RESET ROLE');
    }
  });

  describe('to a newer version that is required', () => {
    it('are outstanding until they are given, as the caller is told, and sign-up asks for them', async () => {
      const { person, request } = await setup();
      const document = await publish();
      await requireSince(document, 1);
      try {
        const outstanding = [{ document, version: '2', title: 'News', url: `/policies/${document}`, dueAt: expect.any(String) }];
        expect((await list(person)).outstanding).toEqual(outstanding);
        expect((await service.call('GET', '/v1/auth/me', { as: person })).json()['outstandingConsents']).toEqual(outstanding);
        expect(codeOf((await service.register()).answer)).toEqual([422, 'consent_missing']);
        expect((await give(person, document, '2')).status).toBe(200);
        expect((await list(person)).outstanding).toEqual([]);
        expect((await service.call('POST', '/v1/auth/login', { body: { email: request.email, password: request.password } })).status).toBe(200);
      } finally {
        await drop(document);
      }
    });

    it('are told to gateways by the access token and by the standing, from when on changes are refused, until they are given', async () => {
      const { userId, person, request } = await setup();
      const document = await publish();
      await requireSince(document, 31);
      try {
        const login = async () => {
          const { json } = await service.call('POST', '/v1/auth/login', { body: { email: request.email, password: request.password } });
          const token = String((json() as unknown as { accessToken: string }).accessToken);
          return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { cdu?: number };
        };
        const standing = async () => (await service.call('GET', `/internal/v1/accounts/${userId}/standing`, { as: { type: 'service', id: 'gateway', tenantId: null, roles: [] } })).json()['consentDueAt'];
        const [claim, told] = [(await login()).cdu ?? 0, Date.parse(String(await standing()))];
        expect(Math.floor(told / 1000)).toBe(claim);
        expect(Math.round((Date.now() - told) / dayMs)).toBe(1);
        await give(person, document, '2');
        expect([(await login()).cdu, await standing()]).toEqual([undefined, undefined]);
        const changes = await service.database.query(`SELECT FROM tenancy.revocation WHERE kind = 'memberships_changed' AND subject_id = $1`, [userId]);
        expect(changes).toHaveLength(1);
      } finally {
        await drop(document);
      }
    });

    it('are not asked of operators', async () => {
      const document = await publish();
      await requireSince(document, 31);
      try {
        const { user } = await (async () => {
          await drop(document);
          const made = await service.register();
          await service.database.query('UPDATE tenancy.policy_version SET required = true WHERE document = $1', [document]);
          return made;
        })();
        await service.database.query(`INSERT INTO tenancy.operator (account_id, roles, created_at) VALUES ($1, '{PLATFORM_ADMIN}', now())`, [user.id]);
        const as: Principal = { type: 'service', id: 'gateway', tenantId: null, roles: [] };
        expect((await service.call('GET', `/internal/v1/accounts/${user.id}/standing`, { as })).json()).not.toHaveProperty('consentDueAt');
      } finally {
        await drop(document);
      }
    });
  });
});
