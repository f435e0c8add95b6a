import { newId } from '@plinth/kernel';
import { bootTenantService, currentConsents } from '../testing.js';

describe('GET /v1/auth/consents', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService();
  });
  afterAll(() => service.close());

  /** A person who has signed up, and is signed in. */
  const setup = async () => {
    const { user, owner } = await service.register();
    return { userId: user.id, person: { ...owner, sessionId: newId() } };
  };

  it('shows what sign-up consented to, with time and address', async () => {
    const { userId, person } = await setup();
    const answer = await service.call('GET', '/v1/auth/consents', { as: person });
    const [stored] = await service.database.query<{ given_at: Date; ip: string }>('SELECT given_at, ip FROM tenancy.consent WHERE account_id = $1', [userId]);
    expect(stored?.ip).toEqual(expect.any(String));
    const told = { givenAt: stored?.given_at.toISOString(), ip: stored?.ip, required: true, current: true };
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.json()['data']).toEqual(currentConsents.toSorted((a, b) => (a.document < b.document ? -1 : 1)).map((consent) => ({ ...consent, ...told })));
  });

  it('keeps versions of before, newest first, and says which are no longer asked for', async () => {
    const { userId, person } = await setup();
    for (const [document, version, at] of [['terms', '2025-01', '2025-02-03'], ['newsletter', '1', '2024-02-03']]) {
      await service.database.query('INSERT INTO tenancy.consent (id, account_id, document, document_version, given_at) VALUES ($1, $2, $3, $4, $5)', [newId(), userId, document, version, at]);
    }
    const { data } = (await service.call('GET', '/v1/auth/consents', { as: person })).json() as unknown as { data: object[] };
    expect(data.slice(-2)).toEqual([
      expect.objectContaining({ document: 'terms', version: '2025-01', ip: null, required: true, current: false }),
      expect.objectContaining({ document: 'newsletter', version: '1', ip: null, required: false, current: false }),
    ]);
  });

  it("shows nobody another's, and an API key none", async () => {
    const [one, other] = [await setup(), await setup()];
    await service.database.query("UPDATE tenancy.consent SET ip = '203.0.113.9' WHERE account_id = $1", [other.userId]);
    expect((await service.call('GET', '/v1/auth/consents', { as: one.person })).text).not.toContain('203.0.113.9');
    const { sessionId: _, ...keyless } = one.person;
    expect(await service.call('GET', '/v1/auth/consents', { as: keyless })).toMatchObject({ status: 403 });
  });
});
