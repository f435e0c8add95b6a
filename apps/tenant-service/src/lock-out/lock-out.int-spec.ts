import { Transactor } from '@plinth/database';
import { newId } from '@plinth/kernel';
import { bootTenantService } from '../testing.js';
import { LoginAttempts } from './login-attempts.js';

const wrong = 'not this password';

describe('lock-out', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService({ sendsMail: true });
  });
  afterAll(() => service.close());

  const login = (email: string, password: string) => service.call('POST', '/v1/auth/login', { body: { email, password } });
  const attempts = () => service.app.get(LoginAttempts, { strict: false });
  /** A try from an address of an attacker's, as it is counted before the password is looked at. */
  const knock = async (email: string, address: string) => await attempts().begin(email, address).then(() => 'counted', (error: { code: string }) => error.code);
  /** As if so many seconds had gone by. */
  const later = (seconds: number) =>
    service.database.query(`UPDATE tenancy.login_attempt SET last_at = last_at - make_interval(secs => $1), locked_until = locked_until - make_interval(secs => $1)`, [seconds]);
  const toldOf = (accountId: string) => service.database.query(`SELECT FROM tenancy.event_outbox WHERE event_type = 'user.locked' AND aggregate_id = $1`, [accountId]);

  it('lets five tries be wrong, and then makes the next ones wait, twice as long each time', async () => {
    const { request, user, tenant } = await service.register();
    const { email, password } = request;
    const first = [];
    for (let n = 0; n < 5; n += 1) first.push((await login(email, wrong)).status);
    expect(first).toEqual([401, 401, 401, 401, 401]);
    // The right password is not even looked at.
    const refused = await login(email, password);
    expect([refused.status, refused.json()['code'], Number(refused.headers['retry-after'])]).toEqual([429, 'too_many_attempts', 30]);

    await later(30);
    expect((await login(email, wrong)).status).toBe(401);
    expect(Number((await login(email, password)).headers['retry-after'])).toBe(60);
    await later(60);
    expect((await login(email, password)).status).toBe(200);
    // It begins anew.
    for (let n = 0; n < 4; n += 1) expect((await login(email, wrong)).status).toBe(401);
    expect((await login(email, password)).status).toBe(200);

    expect(await toldOf(user.id)).toHaveLength(2);
    expect(await service.database.query(`SELECT FROM tenancy.event_outbox WHERE payload->>'action' = 'auth.lock' AND tenant_id = $1`, [tenant.id])).toHaveLength(2);
  });

  it('does the same for an address that has no account', async () => {
    const { request } = await service.register();
    const unknown = `${newId()}@plinth.example`;
    for (let n = 0; n < 7; n += 1) {
      const [known, other] = [await login(request.email, wrong), await login(unknown, wrong)];
      const bodyOf = (answer: typeof known) => ({ ...answer.json(), requestId: null });
      expect([other.status, other.headers['retry-after'], bodyOf(other)]).toEqual([known.status, known.headers['retry-after'], bodyOf(known)]);
    }
  });

  it('lets no more through of many at once than one after the other', async () => {
    const { request } = await service.register();
    const answers = await Promise.all(Array.from({ length: 20 }, () => login(request.email, wrong)));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(15);
  });

  it('locks out the addresses of a flood, and not whoever has signed in from theirs before', async () => {
    const { request } = await service.register();
    const { email, password } = request;
    expect((await login(email, password)).status).toBe(200);
    const knocks = [];
    for (let n = 0; n < 60; n += 1) knocks.push(await knock(email, `198.51.100.${n}`));
    expect([knocks.filter((one) => one === 'counted').length, knocks.at(-1)]).toEqual([50, 'too_many_attempts']);
    expect((await login(email, password)).status).toBe(200);
    // The owner's other accounts, and other people, are none of it.
    expect(await knock(`${newId()}@plinth.example`, '198.51.100.1')).toBe('counted');
  });

  it('takes a /64 of IPv6 for one address', async () => {
    const { request } = await service.register();
    const knocks = [];
    for (let n = 1; n <= 6; n += 1) knocks.push(await knock(request.email, `2001:db8:1:2::${n}`));
    expect(knocks).toEqual(['counted', 'counted', 'counted', 'counted', 'counted', 'too_many_attempts']);
    expect(await knock(request.email, '2001:db8:1:3::1')).toBe('counted');
  });

  it('lets in whoever has chosen a new password by mail, at once and through a flood', async () => {
    const { request } = await service.register();
    const { email } = request;
    for (let n = 0; n < 6; n += 1) await login(email, wrong);
    for (let n = 0; n < 50; n += 1) await knock(email, `198.51.100.${n}`);
    expect((await login(email, request.password)).status).toBe(429);
    await service.call('POST', '/v1/auth/password/forgot', { body: { email } });
    const token = await service.mail.token(email, 'reset-password');
    const password = 'a new long password';
    expect((await service.call('POST', '/v1/auth/password/reset', { body: { token, password } })).status).toBe(204);
    expect((await login(email, password)).status).toBe(200);
  });

  it('forgets after an hour without a try, and cannot be drawn out by knocking', async () => {
    const { request } = await service.register();
    for (let n = 0; n < 8; n += 1) await knock(request.email, '198.51.100.1');
    await later(31);
    expect(await knock(request.email, '198.51.100.1')).toBe('counted');
    await later(3_601);
    const knocks = [];
    for (let n = 0; n < 5; n += 1) knocks.push(await knock(request.email, '198.51.100.1'));
    expect(new Set(knocks)).toEqual(new Set(['counted']));
  });

  it('bounds who guesses the password by a stolen session', async () => {
    const { owner } = await service.register();
    const as = { ...owner, sessionId: newId() };
    const change = () => service.call('POST', '/v1/auth/password/change', { as, body: { currentPassword: wrong, newPassword: 'a new long password' } });
    const statuses = [];
    for (let n = 0; n < 6; n += 1) statuses.push((await change()).status);
    expect(statuses).toEqual([403, 403, 403, 403, 403, 429]);
  });

  it('takes a try back with what it opens, and where that fails keeps it counted', async () => {
    const { request, owner } = await service.register();
    const { email } = request;
    const transactor = service.app.get(Transactor, { strict: false });
    const scope = { tenantId: null, principalId: owner.id };
    const from = (address: string) => ({ email, clientIp: address });
    const failing = transactor.run(scope, async (tx) => {
      await attempts().succeeded(tx, from('198.51.100.1'));
      throw new Error('what it opens cannot be opened');
    });
    for (let n = 0; n < 4; n += 1) await knock(email, '198.51.100.1');
    await expect(failing).rejects.toThrow('cannot be opened');
    expect([await knock(email, '198.51.100.1'), await knock(email, '198.51.100.1')]).toEqual(['counted', 'too_many_attempts']);
    await transactor.run(scope, (tx) => attempts().succeeded(tx, from('198.51.100.1')));
    expect(await knock(email, '198.51.100.1')).toBe('counted');
  });

  it('lets nobody take a count back whose keys they do not have', async () => {
    const { request, owner } = await service.register();
    for (let n = 0; n < 5; n += 1) await knock(request.email, '198.51.100.1');
    const [before] = await service.database.query<{ rows: number }>('SELECT count(*)::int AS rows FROM tenancy.login_attempt');
    const transactor = service.app.get(Transactor, { strict: false });
    await transactor.run({ tenantId: null, principalId: owner.id }, (tx) => tx.query('SELECT tenancy.take_back_login_attempt($1, $1, $2, 90)', [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]));
    expect(await service.database.query('SELECT count(*)::int AS rows FROM tenancy.login_attempt')).toEqual([{ rows: Number(before?.rows) + 1 }]);
    expect(await knock(request.email, '198.51.100.1')).toBe('too_many_attempts');
  });

  it('stores nothing of a person', async () => {
    const { request } = await service.register();
    await login(request.email, wrong);
    const rows = await service.database.query<{ text: string }>('SELECT row_to_json(a)::text AS text FROM tenancy.login_attempt a');
    const stored = rows.map(({ text }) => text).join('\n');
    expect(rows.length).toBeGreaterThan(0);
    for (const form of [request.email, Buffer.from(request.email).toString('hex'), '203.0.113.7']) expect(stored).not.toContain(form);
  });
});
