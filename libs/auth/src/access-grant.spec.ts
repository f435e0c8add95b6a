import { randomUUID } from 'node:crypto';
import { Controller, Get, Module, Param, Post } from '@nestjs/common';
import type { UnitOfWork } from '@plinth/database';
import { createHttpApp, Ctx, RequestContext, type Principal } from '@plinth/http';
import { reject } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { TestGateway } from '@plinth/testing';
import { AccessGrant } from './access-grant.js';
import { Access, Public } from './access.decorators.js';
import { authErrors } from './auth.errors.js';
import { ServiceAuthModule } from './service-auth.module.js';

/** How the transactions of the requests ended. */
const ends: string[] = [];
function openUnit(): UnitOfWork {
  const end = (how: string) => async () => void ends.push(how);
  return { open: true, commit: end('commit'), rollback: end('rollback') } as unknown as UnitOfWork;
}

const projects: Readonly<Record<string, { own: boolean; approved: boolean }>> = {
  mine: { own: true, approved: false },
  approved: { own: false, approved: true },
  other: { own: false, approved: false },
};

@Controller()
class Projects {
  @Get('projects/:name')
  @Access('project.view')
  project(@Ctx() context: RequestContext, @Param('name') name: string) {
    context.grant.require(projects[name] ?? {});
    return { name };
  }

  @Get('projects')
  @Access('project.view')
  list(@Ctx() context: RequestContext) {
    return { reach: context.grant.reach() };
  }

  @Get('forgotten')
  @Access('project.view')
  forgotten() {
    return { leaked: true };
  }

  @Post('forgotten')
  @Access('project.view')
  write(@Ctx() context: RequestContext) {
    context.unit = openUnit();
    return { leaked: true };
  }

  @Post('rejected')
  @Access('project.view')
  rejected(@Ctx() context: RequestContext) {
    context.unit = openUnit();
    return reject(authErrors.accessDenied());
  }

  @Post('assigned/:assigned')
  @Access('calculation.approve', 'assigned')
  approve(@Ctx() context: RequestContext, @Param('assigned') assigned: string) {
    context.grant.require({ assigned: assigned === 'yes' });
    return { approved: true };
  }

  @Get('open')
  @Public('read by anyone')
  open(@Ctx() context: RequestContext) {
    return { reach: context.grant.reach() };
  }
}

const owner: Principal = { type: 'user', id: randomUUID(), tenantId: randomUUID(), roles: ['owner'] };
const client: Principal = { ...owner, roles: ['viewer', 'client'] };
const fabricator: Principal = { ...owner, roles: ['viewer', 'fabricator'] };
const both: Principal = { ...owner, roles: ['client', 'fabricator'] };

async function createService() {
  const gateway = new TestGateway('tenant-service');
  const auth = ServiceAuthModule.for({ service: 'tenant-service', verificationKeys: gateway.internalKeys, hmacSecrets: gateway.internalHmacSecrets });
  @Module({ imports: [auth], controllers: [Projects] })
  class SampleModule {}
  const app = await createHttpApp(SampleModule, { logger: Logger.create({ service: 'test', level: 'silent', format: 'json' }) });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  const call = async (method: 'GET' | 'POST', path: string, principal: Principal) => {
    const answer = await app.inject({ method, url: path, headers: await gateway.headersFor(method, path, principal) });
    return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
  };
  return { call, close: () => app.close() };
}

describe('a grant with a condition', () => {
  let app: Awaited<ReturnType<typeof createService>>;
  beforeAll(async () => {
    app = await createService();
  });
  afterAll(() => app.close());
  beforeEach(() => ends.splice(0));

  it.each<[string, Principal, readonly string[]]>([
    ['an owner, all', owner, ['mine', 'approved', 'other']],
    ['a client, its own', client, ['mine']],
    ['a fabricator, the approved', fabricator, ['approved']],
    ['who is both, either', both, ['mine', 'approved']],
  ])('reaches for %s', async (_, principal, reached) => {
    const statuses = await Promise.all(Object.keys(projects).map(async (name) => [name, (await app.call('GET', `/projects/${name}`, principal)).status] as const));
    expect(statuses).toEqual(Object.keys(projects).map((name) => [name, reached.includes(name) ? 200 : 404]));
  });

  it('tells a list by what to narrow its query', async () => {
    const reachOf = async (principal: Principal) => (await app.call('GET', '/projects', principal)).body['reach'];
    expect(await reachOf(owner)).toEqual([[]]);
    expect(await reachOf(client)).toEqual([['own']]);
    expect(await reachOf(both)).toEqual([['approved'], ['own']]);
  });

  it('shows nothing and keeps nothing where the service forgets to ask, and lets through who has no condition', async () => {
    expect(await app.call('GET', '/forgotten', client)).toMatchObject({ status: 500, body: { code: 'internal_error' } });
    expect(await app.call('POST', '/forgotten', client)).toMatchObject({ status: 500 });
    expect(ends).toEqual(['rollback']);
    expect((await app.call('GET', '/forgotten', owner)).status).toBe(200);
  });

  it('does not commit a rejection either, where nobody has asked', async () => {
    expect((await app.call('POST', '/rejected', client)).status).toBe(500);
    expect(ends).toEqual(['rollback']);
  });

  it('holds with a condition of the route, for everyone', async () => {
    expect((await app.call('POST', '/assigned/yes', owner)).status).toBe(201);
    expect((await app.call('POST', '/assigned/no', owner)).status).toBe(404);
  });

  it('is none on a route that needs no capability, where to ask for it is a defect', async () => {
    expect((await app.call('GET', '/open', owner)).status).toBe(500);
  });
});

describe('AccessGrant', () => {
  it('takes a condition that the service says nothing of for one that does not hold', () => {
    expect(() => new AccessGrant([['own'], ['approved']]).require({})).toThrow('not_found');
    expect(() => new AccessGrant([['own']]).require({ approved: true })).toThrow('not_found');
  });

  it('wants all conditions of a way', () => {
    const grant = new AccessGrant([['own', 'assigned']]);
    expect(() => grant.require({ own: true })).toThrow('not_found');
    expect(() => grant.require({ own: true, assigned: true })).not.toThrow();
  });

  it('is settled by asking, and from the start where a way has no condition', () => {
    const grant = new AccessGrant([['own']]);
    expect(grant.settled).toBe(false);
    grant.reach();
    expect(grant.settled).toBe(true);
    expect(new AccessGrant([['own'], []]).settled).toBe(true);
  });
});
