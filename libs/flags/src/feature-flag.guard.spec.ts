import { randomBytes } from 'node:crypto';
import { Controller, Get, Module, Post } from '@nestjs/common';
import { Access, InternalIdentityMinter, KeyRing, ServiceAuthModule } from '@plinth/auth';
import { Answers, createHttpApp, Operation, shape, type Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { DocumentedAnswers, randomSeed } from '@plinth/testing';
import { FeatureFlag } from './feature-flag.guard.js';
import { FlagsForTests } from './testing.js';

const thing = shape.record({ ok: shape.boolean() });

@Controller('v1/reports')
class ReportsController {
  @Get('new')
  @Operation('readNewReport', 'Read a report that is not released')
  @Access('tenant.read')
  @FeatureFlag('new-reports')
  @Answers(200, thing)
  read() {
    return { ok: true };
  }

  @Post('new')
  @Operation('makeNewReport', 'Make one')
  @Access('tenant.update')
  @Answers(200, thing)
  make() {
    return { ok: true };
  }

  @Get('old')
  @Operation('readOldReport', 'Read one that is released and can be switched off')
  @Access('tenant.read')
  @FeatureFlag('old-reports', { fallback: true })
  @Answers(200, thing)
  readOld() {
    return { ok: true };
  }
}

@Controller('v1/moons')
@FeatureFlag('moons')
class MoonsController {
  @Get()
  @Operation('listMoons', 'List moons')
  @Access('tenant.read')
  @Answers(200, thing)
  list() {
    return { ok: true };
  }

  @Get('full')
  @Operation('readFullMoon', 'Read the full one')
  @Access('tenant.read')
  @FeatureFlag('full-moon')
  @Answers(200, thing)
  full() {
    return { ok: true };
  }
}

/** A service behind the gateway, over HTTP, with both of its own guards before the flag's. */
async function setup() {
  const kit = new FlagsForTests();
  const [seed, secrets] = [randomSeed(), [randomBytes(32)]];
  @Module({ imports: [kit.module, ServiceAuthModule.for({ service: 'ai-gateway', verificationKeys: [seed], hmacSecrets: secrets })], controllers: [ReportsController, MoonsController] })
  class SampleModule {}
  const app = await createHttpApp(SampleModule, { logger: Logger.create({ service: 'test', level: 'silent', format: 'json' }) });
  const documented = DocumentedAnswers.of(app);
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const minter = new InternalIdentityMinter({ service: 'gateway', keys: KeyRing.of([seed]), secrets });
  const owner: Principal = { type: 'user', id: newId(), tenantId: newId(), roles: ['owner'] };
  const send = async (path: string, principal: Principal = owner, method = 'GET') => {
    const headers = await minter.headersFor({ audience: 'ai-gateway', principal, method, path, requestId: newId(), clientIp: null, userAgent: null });
    const answer = await fetch(`${url}${path}`, { method, headers: { ...headers } });
    return { status: answer.status, allow: answer.headers.get('allow'), body: (await answer.json()) as Record<string, unknown> };
  };
  const close = async () => {
    await app.close();
    documented.assertAllDocumented();
  };
  return { kit, owner, send, [Symbol.asyncDispose]: close };
}

describe('@FeatureFlag', () => {
  it('has the route while the flag is on for the caller, and answers as if there were none while it is not', async () => {
    await using service = await setup();
    const { kit, owner, send } = service;
    const stranger = { ...owner, tenantId: newId() };
    const nowhere = await send('/v1/nowhere');
    kit.set('new-reports', false).setFor('new-reports', { tenants: [owner.tenantId ?? ''] }, true);
    expect(await send('/v1/reports/new')).toMatchObject({ status: 200, body: { ok: true } });
    kit.set('new-reports', false);
    // Another method of the path is there, as for any path of one method.
    expect(await send('/v1/reports/new', stranger)).toMatchObject({ status: 405, allow: 'POST', body: { code: 'method_not_allowed' } });
    expect((await send('/v1/reports/new', owner, 'POST')).status).toBe(200);
    const hidden = await send('/v1/moons');
    const told = ({ status, body: { type, title, detail, code } }: typeof hidden) => ({ status, type, title, detail, code });
    expect(told(hidden)).toEqual(told(nowhere));
    expect(told(hidden)).toMatchObject({ status: 404, code: 'route_not_found' });
  });

  it('is hidden where nobody knows the flag, or there if its fallback says so', async () => {
    await using service = await setup();
    const { kit, send } = service;
    for (const away of [false, true]) {
      kit.away = away;
      expect([(await send('/v1/moons')).status, (await send('/v1/reports/old')).status]).toEqual([404, 200]);
    }
    kit.away = false;
    kit.set('old-reports', false);
    expect((await send('/v1/reports/old')).status).toBe(404);
  });

  it('asks for the flags of class and handler both', async () => {
    await using service = await setup();
    const { kit, send } = service;
    const both = async (moons: boolean, full: boolean) => {
      kit.set('moons', moons).set('full-moon', full);
      return [(await send('/v1/moons')).status, (await send('/v1/moons/full')).status];
    };
    expect(await both(true, true)).toEqual([200, 200]);
    expect(await both(true, false)).toEqual([200, 404]);
    expect(await both(false, true)).toEqual([404, 404]);
  });

  it('lets nobody in whom the other guards keep out', async () => {
    await using service = await setup();
    const { kit, owner, send } = service;
    for (const on of [true, false]) {
      kit.set('moons', on);
      expect((await send('/v1/moons', { ...owner, roles: [] })).status).toBe(403);
      expect((await send('/v1/moons', { type: 'anonymous', id: null, tenantId: null, roles: [] })).status).toBe(401);
    }
  });
});
