import { randomBytes, randomUUID } from 'node:crypto';
import { Controller, Get, Module } from '@nestjs/common';
import { anonymous, createHttpApp, Ctx, RequestContext, WithoutIdentity, type Principal } from '@plinth/http';
import { Logger } from '@plinth/logging';
import { activeTenant } from './access-conditions.js';
import { Access, Public, ServicesOnly, SignedIn } from './access.decorators.js';
import { InternalIdentityMinter } from './internal-identity.js';
import { KeyRing } from './key-ring.js';
import { ServiceAuthModule } from './service-auth.module.js';
import { randomSeed } from '@plinth/testing';

@Controller()
class SampleController {
  @Get('tenants/:id')
  @Access('tenant.update', activeTenant('id'))
  tenant(@Ctx() context: RequestContext) {
    return { principal: context.principal, clientIp: context.clientIp, userAgent: context.userAgent, requestId: context.requestId };
  }

  @Get('policies')
  @Public('read before there is an account')
  policies() {
    return { open: true };
  }

  @Get('sessions')
  @SignedIn('a session is its own')
  sessions() {
    return { mine: true };
  }

  @Get('suspensions')
  @Access('tenant.suspend')
  suspensions() {
    return { platform: true };
  }

  @Get('feed')
  @ServicesOnly('the gateway follows it')
  feed() {
    return { internal: true };
  }

  @Get('undeclared')
  undeclared() {
    return { leaked: true };
  }

  @Get('probe')
  @WithoutIdentity('probes carry no identity')
  probe() {
    return { alive: true };
  }
}

async function setup() {
  const seed = randomSeed();
  const secrets = [randomBytes(32)];
  const auth = ServiceAuthModule.for({ service: 'tenant-service', verificationKeys: [seed], hmacSecrets: secrets });
  @Module({ imports: [auth], controllers: [SampleController] })
  class SampleModule {}
  const app = await createHttpApp(SampleModule, { logger: Logger.create({ service: 'test', level: 'silent', format: 'json' }) });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  const minter = new InternalIdentityMinter({ service: 'gateway', keys: KeyRing.of([seed]), secrets });
  const get = async (path: string, principal?: Principal) => {
    const call = { audience: 'tenant-service', method: 'GET', path, requestId: 'request-0001', clientIp: '203.0.113.7', userAgent: 'test' } as const;
    const headers = principal === undefined ? {} : await minter.headersFor({ ...call, principal });
    const answer = await app.inject({ method: 'GET', url: path, headers: { ...headers } });
    return { status: answer.statusCode, type: answer.headers['content-type'], body: answer.json<Record<string, unknown>>() };
  };
  const tenantId = randomUUID();
  const owner: Principal = { type: 'user', id: randomUUID(), tenantId, roles: ['owner'] };
  return { get, owner, tenantId, [Symbol.asyncDispose]: () => app.close() };
}

describe('the guards of a service', () => {
  it('let a principal with the capability in and tell the handler who it is', async () => {
    await using service = await setup();
    const answer = await service.get(`/tenants/${service.tenantId}`, service.owner);
    expect(answer).toMatchObject({
      status: 200,
      body: { principal: service.owner, clientIp: '203.0.113.7', userAgent: 'test', requestId: 'request-0001' },
    });
  });

  it('answer a problem document to whoever comes past the gateway', async () => {
    await using service = await setup();
    for (const path of [`/tenants/${service.tenantId}`, '/policies', '/undeclared']) {
      expect(await service.get(path)).toMatchObject({
        status: 401,
        type: expect.stringContaining('application/problem+json') as string,
        body: { code: 'identity_invalid', status: 401 },
      });
    }
  });

  it('close a route that declares nothing, to everyone', async () => {
    await using service = await setup();
    expect(await service.get('/undeclared', service.owner)).toMatchObject({ status: 403, body: { code: 'access_denied' } });
    expect(await service.get('/undeclared', anonymous)).toMatchObject({ status: 403, body: { code: 'access_denied' } });
  });

  it('open a public route to the anonymous, and a probe to all', async () => {
    await using service = await setup();
    expect((await service.get('/policies', anonymous)).status).toBe(200);
    expect((await service.get('/probe')).status).toBe(200);
  });

  it('refuse the anonymous, the role without the capability, and the caller without a tenant', async () => {
    await using service = await setup();
    const { owner, tenantId } = service;
    const path = `/tenants/${tenantId}`;
    expect(await service.get(path, anonymous)).toMatchObject({ status: 401, body: { code: 'authentication_required' } });
    expect(await service.get(path, { ...owner, roles: ['viewer'] })).toMatchObject({ status: 403, body: { code: 'access_denied' } });
    expect(await service.get(path, { ...owner, roles: [] })).toMatchObject({ status: 403, body: { code: 'access_denied' } });
    expect(await service.get(path, { ...owner, tenantId: null })).toMatchObject({ status: 403, body: { code: 'tenant_required' } });
  });

  it('hold an API key to its scopes, and give it no more than its roles', async () => {
    await using service = await setup();
    const { owner, tenantId } = service;
    const path = `/tenants/${tenantId}`;
    const key: Principal = { ...owner, type: 'api_key' };
    expect((await service.get(path, { ...key, scopes: ['tenant.update'] })).status).toBe(200);
    expect((await service.get(path, { ...key, scopes: ['*'] })).status).toBe(200);
    expect((await service.get(path, { ...key, scopes: ['tenant.read'] })).status).toBe(403);
    expect((await service.get(path, { ...key, scopes: ['tenant.update'], roles: ['viewer'] })).status).toBe(403);
  });

  it("give the platform's capabilities to operators alone, and operators nothing of a tenant", async () => {
    await using service = await setup();
    const operator: Principal = { type: 'operator', id: randomUUID(), tenantId: null, roles: ['PLATFORM_ADMIN'] };
    expect((await service.get('/suspensions', operator)).status).toBe(200);
    expect((await service.get('/suspensions', { ...operator, roles: ['PLATFORM_VIEWER'] })).status).toBe(403);
    expect((await service.get('/suspensions', { ...service.owner, roles: ['owner', 'PLATFORM_ADMIN'] })).status).toBe(403);
    expect((await service.get(`/tenants/${service.tenantId}`, { ...operator, tenantId: service.tenantId, roles: ['owner'] })).status).toBe(403);
  });

  it('let any signed-in caller to a route of its own, and services alone to theirs', async () => {
    await using service = await setup();
    const gateway: Principal = { type: 'service', id: 'gateway', tenantId: null, roles: [] };
    expect((await service.get('/sessions', { ...service.owner, tenantId: null, roles: [] })).status).toBe(200);
    expect((await service.get('/sessions', anonymous)).status).toBe(401);
    expect((await service.get('/sessions', gateway)).status).toBe(403);
    expect((await service.get('/feed', gateway)).status).toBe(200);
    expect((await service.get('/feed', service.owner)).status).toBe(403);
    expect((await service.get('/suspensions', gateway)).status).toBe(403);
  });

  it('do not find another tenant', async () => {
    await using service = await setup();
    expect(await service.get(`/tenants/${randomUUID()}`, service.owner)).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect((await service.get(`/tenants/${service.tenantId.toUpperCase()}`, service.owner)).status).toBe(200);
  });
});
