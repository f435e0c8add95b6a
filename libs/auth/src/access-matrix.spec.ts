import { randomUUID } from 'node:crypto';
import { Controller, Get, Module } from '@nestjs/common';
import { anonymous, createHttpApp, WithoutIdentity, type Principal, type VerifiedCredential } from '@plinth/http';
import { Logger } from '@plinth/logging';
import { TestGateway } from '@plinth/testing';
import { Access, Public, ServicesOnly, SignedIn } from './access.decorators.js';
import { ServiceAuthModule } from './service-auth.module.js';

/** A route for each kind of rule. */
@Controller()
class EveryKindOfRoute {
  @Get('probe')
  @WithoutIdentity('probes carry no identity')
  probe() {
    return {};
  }

  @Get('public')
  @Public('read before there is an account')
  open() {
    return {};
  }

  @Get('signed-in')
  @SignedIn('a session is its own')
  signedIn() {
    return {};
  }

  @Get('services')
  @ServicesOnly('the gateway follows it')
  services() {
    return {};
  }

  @Get('tenant')
  @Access('tenant.update')
  tenant() {
    return {};
  }

  @Get('business')
  @Access('availability.view_all')
  business() {
    return {};
  }

  @Get('licensed')
  @Access('calculation.approve')
  licensed() {
    return {};
  }

  @Get('platform')
  @Access('job.run')
  platform() {
    return {};
  }

  @Get('either')
  @Access('tenant.update', { operators: 'job.run' })
  either() {
    return {};
  }

  @Get('undeclared')
  undeclared() {
    return { leaked: true };
  }
}

const routes = ['probe', 'public', 'signed-in', 'services', 'tenant', 'business', 'licensed', 'platform', 'either', 'undeclared'] as const;
type Route = (typeof routes)[number];

const id = randomUUID();
const user: Principal = { type: 'user', id, tenantId: randomUUID(), roles: ['owner'] };
const key: Principal = { ...user, type: 'api_key', scopes: ['tenant.update'] };
const operator: Principal = { type: 'operator', id, tenantId: null, roles: ['PLATFORM_ADMIN'] };
const service: Principal = { type: 'service', id: 'gateway', tenantId: null, roles: [] };
/** Under a grant, in a tenant. */
const visitor = (capabilities: readonly string[], expiresAt = '9999-01-01T00:00:00.000Z'): Principal => ({
  ...operator,
  tenantId: user.tenantId,
  access: { grantId: randomUUID(), capabilities, expiresAt, reason: 'Ticket 4711' },
});
const engineer: Principal = { ...user, roles: ['member', 'engineer'] };
const licence = (expiresAt: string): VerifiedCredential[] => [{ kind: 'professional_engineer_licence', expiresAt }];
const valid = licence('9999-01-01T00:00:00.000Z');
const ended = licence('2020-01-01T00:00:00.000Z');

/** Everything that is answered 200; what is not named is refused with the status beside it. */
type Row = [who: string, principal: Principal | undefined, otherwise: number, may: readonly Route[]];

const rows: readonly Row[] = [
  ['nobody, past the gateway', undefined, 401, ['probe']],
  ['the anonymous', anonymous, 401, ['probe', 'public']],
  ['an owner', user, 403, ['probe', 'public', 'signed-in', 'tenant', 'licensed', 'either']],
  ['an admin', { ...user, roles: ['admin'] }, 403, ['probe', 'public', 'signed-in', 'tenant', 'licensed', 'either']],
  ['a viewer', { ...user, roles: ['viewer'] }, 403, ['probe', 'public', 'signed-in']],
  ['a user without a tenant', { ...user, tenantId: null }, 403, ['probe', 'public', 'signed-in']],
  ['a user without roles', { ...user, roles: [] }, 403, ['probe', 'public', 'signed-in']],
  ['a user with an internal role', { ...user, roles: ['member', 'INTERNAL_FINANCE'] }, 403, ['probe', 'public', 'signed-in', 'business']],
  ['a user with a role named like the group', { ...user, roles: ['INTERNAL'] }, 403, ['probe', 'public', 'signed-in']],
  ["a user with an operator's role", { ...user, roles: ['PLATFORM_ADMIN'] }, 403, ['probe', 'public', 'signed-in']],
  ['a licensed engineer', { ...engineer, credentials: valid }, 403, ['probe', 'public', 'signed-in', 'licensed']],
  ['an engineer without a licence', engineer, 403, ['probe', 'public', 'signed-in']],
  ['an engineer whose licence has ended', { ...engineer, credentials: ended }, 403, ['probe', 'public', 'signed-in']],
  ['an engineer who renewed it', { ...engineer, credentials: [...ended, ...valid] }, 403, ['probe', 'public', 'signed-in', 'licensed']],
  ['a member with a role of the tenant’s making', { ...user, roles: ['member'], capabilities: ['tenant.update'] }, 403, ['probe', 'public', 'signed-in', 'tenant', 'either']],
  ['a member whose made role asks for a licence', { ...user, roles: ['member'], capabilities: ['calculation.approve'] }, 403, ['probe', 'public', 'signed-in']],
  ['a licensed member with a made role', { ...user, roles: ['member'], capabilities: ['calculation.approve'], credentials: valid }, 403, ['probe', 'public', 'signed-in', 'licensed']],
  ['a member whose made role names what is the platform’s', { ...user, roles: ['member'], capabilities: ['job.run', 'tenant.suspend', '*', 'constructor'] }, 403, ['probe', 'public', 'signed-in']],
  ['an operator with what a tenant made', { ...operator, roles: ['PLATFORM_VIEWER'], tenantId: user.tenantId, capabilities: ['tenant.update'] }, 403, ['probe', 'public', 'signed-in']],
  ['a key of one with a made role', { ...key, roles: ['member'], capabilities: ['tenant.update'], scopes: ['*'] }, 403, ['probe', 'public', 'tenant', 'either']],
  ['a key of one with a made role, and another scope', { ...key, roles: ['member'], capabilities: ['tenant.update'], scopes: ['tenant.read'] }, 403, ['probe', 'public']],
  ['a key with the scope', key, 403, ['probe', 'public', 'tenant', 'either']],
  ['a key with all scopes', { ...key, scopes: ['*'] }, 403, ['probe', 'public', 'tenant', 'licensed', 'either']],
  ['a key with another scope', { ...key, scopes: ['tenant.read'] }, 403, ['probe', 'public']],
  ['a key without scopes', { ...user, type: 'api_key' }, 403, ['probe', 'public']],
  ["a key with more scopes than its creator's roles", { ...key, roles: ['viewer'], scopes: ['*', 'tenant.update'] }, 403, ['probe', 'public']],
  ["a key of an engineer, with the engineer's licence", { ...engineer, type: 'api_key', scopes: ['*'], credentials: valid }, 403, ['probe', 'public']],
  ["a key with a scope of the platform's", { ...key, scopes: ['job.run'], roles: ['owner', 'PLATFORM_ADMIN'] }, 403, ['probe', 'public']],
  ['an operator', operator, 403, ['probe', 'public', 'signed-in', 'platform', 'either']],
  ['an operator who only looks', { ...operator, roles: ['PLATFORM_VIEWER'] }, 403, ['probe', 'public', 'signed-in']],
  ["an operator with a tenant's roles", { ...operator, tenantId: user.tenantId, roles: ['owner', 'INTERNAL_FINANCE'] }, 403, ['probe', 'public', 'signed-in']],
  ['an operator let do it in the tenant', visitor(['tenant.update']), 403, ['probe', 'public', 'tenant', 'either']],
  ['an operator let do something else in the tenant', visitor(['tenant.read']), 403, ['probe', 'public']],
  ['an operator whose time in the tenant is over', visitor(['tenant.update'], '2020-01-01T00:00:00.000Z'), 403, ['probe', 'public']],
  ['an operator with a grant of what no operator may have', visitor(['*', 'job.run', 'availability.view_all', 'calculation.approve', 'api_key.create']), 403, ['probe', 'public']],
  ['an operator with access, without roles', { ...visitor(['tenant.update']), roles: [] }, 403, ['probe', 'public', 'tenant', 'either']],
  ['a service', service, 403, ['probe', 'public', 'services']],
  ['a service with roles', { ...service, tenantId: user.tenantId, roles: ['owner', 'PLATFORM_ADMIN'] }, 403, ['probe', 'public', 'services']],
];

/** The app is the same for all of them: nothing of a request stays behind. */
async function createService() {
  const gateway = new TestGateway('tenant-service');
  const auth = ServiceAuthModule.for({ service: 'tenant-service', verificationKeys: gateway.internalKeys, hmacSecrets: gateway.internalHmacSecrets });
  @Module({ imports: [auth], controllers: [EveryKindOfRoute] })
  class SampleModule {}
  const app = await createHttpApp(SampleModule, { logger: Logger.create({ service: 'test', level: 'silent', format: 'json' }) });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  const get = async (route: Route, principal?: Principal) => {
    const headers = principal === undefined ? {} : await gateway.headersFor('GET', `/${route}`, principal);
    const answer = await app.inject({ method: 'GET', url: `/${route}`, headers });
    return { status: answer.statusCode, ...answer.json<{ code?: string; credential?: string }>() };
  };
  return { get, close: () => app.close() };
}

describe('every kind of principal at every kind of route', () => {
  let app: Awaited<ReturnType<typeof createService>>;
  beforeAll(async () => {
    app = await createService();
  });
  afterAll(() => app.close());

  it.each(rows)('%s', async (_, principal, otherwise, may) => {
    const answers = await Promise.all(routes.map(async (route) => [route, (await app.get(route, principal)).status] as const));
    // A route that declares nothing is closed to whoever has an identity, and to the others by its lack.
    const expected = routes.map((route) => [route, may.includes(route) ? 200 : route === 'undeclared' && principal !== undefined ? 403 : otherwise] as const);
    expect(Object.fromEntries(answers)).toEqual(Object.fromEntries(expected));
  });

  it('tells a missing credential from one that has ended, and which it is', async () => {
    const credential = 'professional_engineer_licence';
    expect(await app.get('licensed', engineer)).toMatchObject({ code: 'credential_required', credential });
    expect(await app.get('licensed', { ...engineer, credentials: ended })).toMatchObject({ code: 'credential_expired', credential });
    expect(await app.get('licensed', { ...user, roles: ['estimator'] })).toMatchObject({ code: 'access_denied' });
  });
});
