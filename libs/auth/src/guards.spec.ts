import { randomBytes, randomUUID } from 'node:crypto';
import { Controller, Get, Module } from '@nestjs/common';
import { createHttpApp, Ctx, RequestContext, type Principal } from '@plinth/http';
import { Logger } from '@plinth/logging';
import { activeTenant } from './access-conditions.js';
import { Access, Public, SignedIn } from './access.decorators.js';
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

  @Get('own')
  @SignedIn('everyone may see their own')
  own(@Ctx() { principal }: RequestContext) {
    return { id: principal.id };
  }

  @Get('undeclared')
  undeclared() {
    return { leaked: true };
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

  it('let people who have signed in see what is their own, and no key', async () => {
    await using service = await setup();
    expect(await service.get('/own', service.owner)).toMatchObject({ status: 200, body: { id: service.owner.id } });
    const key: Principal = { ...service.owner, type: 'api_key', id: randomUUID(), scopes: ['*'] };
    expect(await service.get('/own', key)).toMatchObject({ status: 403, body: { code: 'session_required' } });
    const nobody: Principal = { type: 'anonymous', id: null, tenantId: null, roles: [] };
    expect(await service.get('/own', nobody)).toMatchObject({ status: 401, body: { code: 'authentication_required' } });
  });

  it('do not find another tenant', async () => {
    await using service = await setup();
    expect(await service.get(`/tenants/${randomUUID()}`, service.owner)).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect((await service.get(`/tenants/${service.tenantId.toUpperCase()}`, service.owner)).status).toBe(200);
  });
});
