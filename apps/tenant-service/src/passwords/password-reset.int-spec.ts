import { newId } from '@plinth/kernel';
import { eventually } from '@plinth/testing';
import { bootTenantService } from '../testing.js';

const page = 'reset-password';

describe('forgotten passwords', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService({ sendsMail: true });
  });
  afterAll(() => service.close());

  const forgot = (email: string) => service.call('POST', '/v1/auth/password/forgot', { body: { email } });
  const reset = (token: string, password = 'a new long password', key: string = newId()) => service.call('POST', '/v1/auth/password/reset', { body: { token, password }, key });
  const login = async (email: string, password: string) => (await service.call('POST', '/v1/auth/login', { body: { email, password } })).status;
  /** Ends the minute in which a second mail is not sent. */
  const later = (minutes: number) => service.database.query(`UPDATE tenancy.mailed_token SET created_at = created_at - make_interval(mins => $1)`, [minutes]);
  const ended = (outcome: string) => service.database.query('SELECT FROM tenancy.mail WHERE outcome = $1', [outcome]);

  async function forgotten() {
    const { request, user, tenant } = await service.register();
    await forgot(request.email);
    return { ...request, user, tenant, token: await service.mail.token(request.email, page) };
  }

  it('sets a new password by a mailed link, signs everybody out, and tells the owner', async () => {
    const { request, user } = await service.register();
    const { email, password } = request;
    expect(await login(email, password)).toBe(200);
    expect((await forgot(email)).status).toBe(204);
    const token = await service.mail.token(email, page);
    expect((await reset(token)).status).toBe(204);

    expect([await login(email, password), await login(email, 'a new long password')]).toEqual([401, 200]);
    const sessions = await service.database.query<{ revoked: boolean }>('SELECT revoked_at IS NOT NULL AS revoked FROM tenancy.session WHERE account_id = $1 ORDER BY id', [user.id]);
    expect(sessions).toEqual([{ revoked: true }, { revoked: false }]);
    expect(await service.database.query(`SELECT FROM tenancy.revocation WHERE kind = 'session_revoked' AND subject_id IN (SELECT id FROM tenancy.session WHERE account_id = $1)`, [user.id])).toHaveLength(1);
    const told = await service.database.query<{ event_type: string }>(`SELECT event_type FROM tenancy.event_outbox WHERE aggregate_id = $1 AND aggregate_type = 'user'`, [user.id]);
    // Who reads the mail has shown that the address is theirs.
    expect(told.map((row) => row.event_type)).toEqual(['user.registered', 'user.logged_in', 'user.email_verified', 'password.reset', 'user.logged_in']);
    await eventually(async () => expect((await service.mail.to(email)).filter((message) => message.includes('Your password was changed'))).toHaveLength(1));
  });

  it('takes each link once, and with it those that were sent before', async () => {
    const { email, token: first } = await forgotten();
    await later(1);
    await forgot(email);
    const second = await service.mail.token(email, page, 2);
    expect((await reset(second)).status).toBe(204);
    for (const token of [first, second]) {
      const refused = await reset(token, 'yet another password');
      expect([refused.status, refused.json()['code']]).toEqual([422, 'mailed_token_invalid']);
    }
    expect(await login(email, 'a new long password')).toBe(200);
  });

  it('answers the retry of a lost answer as the first, and of two at once lets one through', async () => {
    const { token } = await forgotten();
    const key = newId();
    expect([(await reset(token, 'a new long password', key)).status, (await reset(token, 'a new long password', key)).status]).toEqual([204, 204]);

    const { token: another } = await forgotten();
    const answers = await Promise.all(Array.from({ length: 5 }, () => reset(another)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 422, 422, 422, 422]);
  });

  it('refuses what has expired, what is unknown, and what was sent for another purpose', async () => {
    const { email, token } = await forgotten();
    await service.database.query(`UPDATE tenancy.mailed_token SET expires_at = now() WHERE email = $1`, [email]);
    const verifying = await service.mail.token(email, 'verify-email');
    for (const bad of [token, 'x'.repeat(43), verifying]) {
      const refused = await reset(bad);
      expect([refused.status, refused.json()['code']]).toEqual([422, 'mailed_token_invalid']);
    }
  });

  it('refuses a link that went to an address that is the account’s no more, and one of a disabled account', async () => {
    const moved = await forgotten();
    await service.database.query(`UPDATE tenancy.account SET email = $2 WHERE id = $1`, [moved.user.id, `${newId()}@plinth.example`]);
    const disabled = await forgotten();
    await service.database.query(`UPDATE tenancy.account SET status = 'disabled' WHERE id = $1`, [disabled.user.id]);
    for (const { token } of [moved, disabled]) expect((await reset(token)).status).toBe(422);
  });

  it('answers for an unknown address as for a known one, and sends it nothing', async () => {
    const { request } = await service.register();
    const unknown = `${newId()}@plinth.example`;
    const before = (await ended('nobody')).length;
    const [known, other] = [await forgot(request.email), await forgot(unknown)];
    expect([other.status, other.text, Object.keys(other.headers).sort()]).toEqual([known.status, known.text, Object.keys(known.headers).sort()]);
    await eventually(async () => expect((await ended('nobody')).length).toBe(before + 1));
    expect(await service.mail.to(unknown)).toEqual([]);
  });

  it('sends one a minute and five an hour, however often it is asked, and leaves the first link good', async () => {
    const { request } = await service.register();
    const { email } = request;
    for (let round = 0; round < 6; round += 1) {
      await Promise.all([forgot(email), forgot(email), forgot(email)]);
      await eventually(async () => expect(await service.database.query('SELECT FROM tenancy.mail WHERE ended_at IS NULL')).toHaveLength(0));
      await later(2);
    }
    const mails = (await service.mail.to(email)).filter((message) => message.includes(page));
    expect(mails).toHaveLength(5);
    const [, first = ''] = new RegExp(`#token=([\\w-]+)`).exec(mails[0] ?? '') ?? [];
    expect((await reset(first)).status).toBe(204);
  });

  it('keeps address and token from the tables, the outbox and the log', async () => {
    const { email, token } = await forgotten();
    const rows = await service.database.query<{ text: string }>(
      `SELECT row_to_json(m)::text AS text FROM tenancy.mail m UNION ALL SELECT row_to_json(o)::text FROM tenancy.event_outbox o
       UNION ALL SELECT token_hash::text FROM tenancy.mailed_token UNION ALL SELECT row_to_json(i)::text FROM tenancy.idempotency_record i`,
    );
    const stored = rows.map(({ text }) => text).join('\n');
    for (const secret of [token, Buffer.from(token).toString('hex')]) expect(stored).not.toContain(secret);
    const [queued] = await service.database.query<{ text: string }>(`SELECT string_agg(row_to_json(m)::text, '') AS text FROM tenancy.mail m`);
    for (const form of [email, Buffer.from(email).toString('hex')]) expect(queued?.text).not.toContain(form);
  });
});
