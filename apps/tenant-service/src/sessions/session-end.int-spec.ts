import { bootTenantService } from '../testing.js';

const many = 10_000;

describe('the end of all sessions', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService();
  });
  afterAll(() => service.close());

  /** Counts the statements that write to a table from now on. */
  async function countStatements(table: string, verb: 'INSERT' | 'UPDATE') {
    const name = `counted_${table}`;
    await service.database.query(`CREATE SEQUENCE tenancy.${name}`);
    await service.database.query(`CREATE FUNCTION tenancy.${name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN PERFORM nextval('tenancy.${name}'); RETURN NULL; END $$`);
    await service.database.query(`CREATE TRIGGER ${name} AFTER ${verb} ON tenancy.${table} FOR EACH STATEMENT EXECUTE FUNCTION tenancy.${name}()`);
    return async () => {
      const [row] = await service.database.query<{ counted: string }>(`SELECT coalesce(pg_sequence_last_value('tenancy.${name}'), 0) AS counted`);
      return Number(row?.counted);
    };
  }

  it(`takes one statement on each table for ${many}, and ends every one but the caller’s and those of others`, async () => {
    const { request, user, owner } = await service.register();
    const stranger = await service.register();
    const { email, password } = request;
    await service.call('POST', '/v1/auth/login', { body: { email, password } });
    await service.call('POST', '/v1/auth/login', { body: { email: stranger.request.email, password } });
    const [own] = await service.database.query<{ id: string }>('SELECT id FROM tenancy.session WHERE account_id = $1', [user.id]);
    const sessionId = own?.id ?? '';
    await service.database.query(
      `INSERT INTO tenancy.session (id, account_id, refresh_token_hash, created_at, expires_at)
       SELECT gen_random_uuid(), $1, sha256(convert_to(n::text, 'UTF8')), now(), now() + interval '1 day' FROM generate_series(1, ${many}) n`,
      [user.id],
    );
    const [updates, tellings, events] = [await countStatements('session', 'UPDATE'), await countStatements('revocation', 'INSERT'), await countStatements('event_outbox', 'INSERT')];

    const changed = await service.call('POST', '/v1/auth/password/change', { as: { ...owner, sessionId }, body: { currentPassword: password, newPassword: 'another horse battery' } });
    expect([changed.status, await updates(), await tellings(), await events()]).toEqual([204, 1, 1, 1]);

    const [counts] = await service.database.query(
      `SELECT count(*) FILTER (WHERE s.revoked_at IS NOT NULL)::int AS ended, count(r.subject_id)::int AS told, count(e.id)::int AS events,
              array_agg(s.id) FILTER (WHERE s.revoked_at IS NULL) AS open
       FROM tenancy.session s
       LEFT JOIN tenancy.revocation r ON r.subject_id = s.id AND r.kind = 'session_revoked'
       LEFT JOIN tenancy.event_outbox e ON e.aggregate_id = s.id AND e.event_type = 'session.revoked' AND e.payload ->> 'reason' = 'revoked'
       WHERE s.account_id = $1`,
      [user.id],
    );
    expect(counts).toEqual({ ended: many, told: many, events: many, open: [sessionId] });
    expect(await service.database.query('SELECT 1 FROM tenancy.session WHERE account_id = $1 AND revoked_at IS NULL', [stranger.user.id])).toHaveLength(1);
  }, 60_000);

  it('ends nothing twice', async () => {
    const { request, user, owner } = await service.register();
    const { email, password } = request;
    const body = { email, password };
    for (let n = 0; n < 3; n += 1) await service.call('POST', '/v1/auth/login', { body });
    const ids = (await service.database.query<{ id: string }>('SELECT id FROM tenancy.session WHERE account_id = $1 ORDER BY id', [user.id])).map(({ id }) => id);
    const [first = '', second = '', third = ''] = ids;
    const caller = { ...owner, sessionId: third };
    expect((await service.call('DELETE', `/v1/auth/sessions/${first}`, { as: caller })).status).toBe(204);
    await service.call('POST', '/v1/auth/password/change', { as: caller, body: { currentPassword: password, newPassword: 'another horse battery' } });
    const told = await service.database.query<{ id: string }>(`SELECT subject_id AS id FROM tenancy.revocation WHERE subject_id = ANY ($1) ORDER BY sequence`, [ids]);
    expect(told.map(({ id }) => id)).toEqual([first, second]);
  });
});
