import { AccessTokenVerifier, JwksCache } from '@plinth/auth';
import { platformLogId } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { bootTenantService, issuer } from '../testing.js';
import { OperatorsService } from './operators.service.js';

const email = 'operator@plinth.example';
const password = 'a long operator password';

describe('an operator', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  let operators: OperatorsService;
  beforeAll(async () => {
    service = await bootTenantService();
    operators = service.app.get(OperatorsService);
  });
  afterAll(() => service.close());

  const login = (as = email, with_ = password) => service.call('POST', '/v1/auth/login', { body: { email: as, password: with_ } });

  const platformRecords = (action: string) =>
    service.database.query<{ tenant_id: string | null; payload: Record<string, unknown> }>(
      `SELECT tenant_id, payload FROM tenancy.event_outbox WHERE aggregate_id = $1 AND payload ->> 'action' = $2 ORDER BY sequence`,
      [platformLogId, action],
    );

  it('is made once: again changes nothing, and another password is set', async () => {
    expect(await operators.bootstrap(email, password)).toBe('created');
    expect(await operators.bootstrap(email, password)).toBe('unchanged');
    expect(await operators.bootstrap(email, 'another long password')).toBe('changed');
    expect((await login()).status).toBe(401);
    expect(await operators.bootstrap(email, password)).toBe('changed');
    expect((await platformRecords('operator.bootstrap')).map(({ payload }) => payload['after'])).toEqual([
      { roles: ['PLATFORM_ADMIN'], passwordChanged: false },
      { roles: ['PLATFORM_ADMIN'], passwordChanged: true },
      { roles: ['PLATFORM_ADMIN'], passwordChanged: true },
    ]);
  });

  it('signs in without a tenant, with its roles in the token, into the platform’s log', async () => {
    await operators.bootstrap(email, password);
    const answer = await login();
    expect(answer.status).toBe(200);
    const jwks = (await service.call('GET', '/.well-known/jwks.json')).json() as never;
    const keys = new JwksCache({ load: async () => jwks });
    await keys.refresh();
    const claims = await new AccessTokenVerifier({ keys, issuer }).verify(String(answer.json()['accessToken']));
    expect(claims).toMatchObject({ memberships: [], operatorRoles: ['PLATFORM_ADMIN'] });
    const [last] = (await platformRecords('auth.login')).slice(-1);
    expect(last).toMatchObject({ tenant_id: null, payload: { tenantId: platformLogId, actor: { type: 'operator', id: claims.userId } } });
  });

  it('has its failed sign-ins in the platform’s log', async () => {
    await operators.bootstrap(email, password);
    expect((await login(email, 'wrong password')).status).toBe(401);
    expect((await platformRecords('auth.login')).at(-1)).toMatchObject({ payload: { outcome: 'failure' } });
  });

  it('signs out, into the platform’s log', async () => {
    await operators.bootstrap(email, password);
    await login();
    const [session] = await service.database.query<{ id: string; account_id: string }>('SELECT id, account_id FROM tenancy.session ORDER BY created_at DESC LIMIT 1');
    const as: Principal = { type: 'operator', id: session?.account_id ?? '', tenantId: null, roles: ['PLATFORM_ADMIN'], sessionId: session?.id ?? '' };
    expect((await service.call('POST', '/v1/auth/logout', { as })).status).toBe(204);
    expect(await platformRecords('auth.logout')).toHaveLength(1);
  });

  it('does not come of an account that somebody signed up with', async () => {
    const { request } = await service.register(`${newId()}@plinth.example`);
    await expect(operators.bootstrap(request.email, password)).rejects.toMatchObject({ code: 'operator_email_taken' });
    expect((await login(request.email, request.password)).status).toBe(200);
    expect(await service.database.query('SELECT 1 FROM tenancy.operator o JOIN tenancy.account a ON a.id = o.account_id WHERE a.email = $1', [request.email])).toEqual([]);
  });
});

describe('the system role', () => {
  it('can change no account but an operator’s', async () => {
    const service = await bootTenantService();
    try {
      const { user } = await service.register();
      const operators = service.app.get(OperatorsService);
      await operators.bootstrap(email, password);
      const url = service.database.systemUrl('tenancy');
      const transactor = new Transactor({ appDatabaseUrl: url, systemDatabaseUrl: url, poolSize: 1, applicationName: 'test' });
      const changed = await transactor.runSystem('test', (tx) => tx.query(`UPDATE tenancy.account SET password_hash = 'x' RETURNING id`));
      await transactor.close();
      expect(changed).toHaveLength(1);
      expect(changed).not.toContainEqual({ id: user.id });
    } finally {
      await service.close();
    }
  });
});
