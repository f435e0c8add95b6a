import { createSecretKey, hash, randomBytes, randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Module, Post } from '@nestjs/common';
import type { ServiceName } from '@plinth/contracts';
import { createHttpApp, Ctx, RequestContext } from '@plinth/http';
import type { Clock } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { Destination } from '@plinth/resilience';
import { randomSeed } from '@plinth/testing';
import { Access, ServicesOnly } from './access.decorators.js';
import { internalHeaders } from './internal-headers.js';
import { InternalIdentityMinter } from './internal-identity.js';
import { KeyRing } from './key-ring.js';
import { signRequest } from './request-signature.js';
import { ServiceAuthModule } from './service-auth.module.js';
import { ServiceCalls } from './service-calls.js';

@Controller()
class Feed {
  @Get('feed')
  @ServicesOnly('other services follow it')
  feed(@Ctx() { principal, clientIp, requestId }: RequestContext) {
    return { principal, clientIp, requestId };
  }

  @Post('feed')
  @ServicesOnly('other services add to it')
  add() {
    return { added: true };
  }

  @Get('other')
  @ServicesOnly('other services read it')
  other() {
    return {};
  }

  @Get('tenant')
  @Access('tenant.read')
  tenant() {
    return { leaked: true };
  }
}

/** tenant-service, listening, and what makes calls to it. */
async function setup() {
  const seed = randomSeed();
  const secret = randomBytes(32);
  @Module({ imports: [ServiceAuthModule.for({ service: 'tenant-service', verificationKeys: [seed], hmacSecrets: [secret] })], controllers: [Feed] })
  class TenantService {}
  const app = await createHttpApp(TenantService, { logger: Logger.create({ service: 'test', level: 'silent', format: 'json' }) });
  await app.listen(0, '127.0.0.1');
  const url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  const destination = new Destination({ name: 'tenant-service', url });
  const minterOf = (over: { secrets?: Buffer[]; keys?: KeyRing; clock?: Clock } = {}) =>
    new InternalIdentityMinter({ service: 'scheduler', keys: KeyRing.of([seed]), secrets: [secret], ...over });
  const callsOf = (minter = minterOf(), audience: ServiceName = 'tenant-service') => new ServiceCalls({ audience, destination, minter });
  /** The headers that a call carried, for whoever has seen them. */
  const overheard = (minter = minterOf()) =>
    minter.headersFor({ audience: 'tenant-service', principal: { type: 'service', id: 'scheduler', tenantId: null, roles: [] }, method: 'GET', path: '/feed', requestId: 'request-0001', clientIp: null, userAgent: null });
  const statusOf = async (path: string, headers: object, method = 'GET') => (await fetch(`${url}${path}`, { method, headers: headers as Record<string, string> })).status;
  return {
    ...{ secret, minterOf, callsOf, overheard, statusOf },
    async [Symbol.asyncDispose]() {
      await destination.close();
      await app.close();
    },
  };
}

const secondsAgo = (seconds: number): Clock => ({ now: () => new Date(Date.now() - seconds * 1000) });

describe('ServiceCalls', () => {
  it('speak for the process itself, each call as a request of its own', async () => {
    await using service = await setup();
    const calls = service.callsOf();
    const first = (await calls.json({ path: '/feed' })) as Record<string, unknown>;
    const second = (await calls.json({ path: '/feed' })) as Record<string, unknown>;
    expect(first).toMatchObject({ principal: { type: 'service', id: 'scheduler', tenantId: null, roles: [] }, clientIp: null });
    expect(first['requestId']).not.toBe(second['requestId']);
  });

  it('speak in a tenant where they say so, and in none by default', async () => {
    await using service = await setup();
    const tenantId = randomUUID();
    const calls = service.callsOf();
    expect(await calls.json({ path: '/feed', tenantId })).toMatchObject({ principal: { type: 'service', id: 'scheduler', tenantId } });
    expect(await calls.json({ path: '/feed' })).toMatchObject({ principal: { tenantId: null } });
    // It stays a service, which has none of what a tenant's members may do.
    expect((await calls.request({ path: '/tenant', tenantId })).status).toBe(403);
  });

  it('carry a body, and are read as a stream', async () => {
    await using service = await setup();
    const calls = service.callsOf();
    const json = { 'content-type': 'application/json' };
    expect((await calls.request({ method: 'POST', path: '/feed', headers: json, body: '{}' })).status).toBe(201);
    const streamed = await calls.open({ method: 'GET', path: '/feed', firstByteTimeoutMs: 5_000, idleTimeoutMs: 5_000, maxRetryWaitMs: 0, signal: new AbortController().signal });
    expect(JSON.parse((await streamed.read(10_000)).toString())).toMatchObject({ principal: { id: 'scheduler' } });
  });

  it('cannot send headers of their own in the place of the identity', async () => {
    await using service = await setup();
    const answer = await service.callsOf().request({ path: '/feed', headers: { [internalHeaders.identity]: 'forged', [internalHeaders.requestId]: 'mine' } });
    expect(answer.status).toBe(200);
  });

  it("have nothing of a tenant's", async () => {
    await using service = await setup();
    expect((await service.callsOf().request({ path: '/tenant' })).status).toBe(403);
  });

  it.each<[string, (service: Awaited<ReturnType<typeof setup>>) => ServiceCalls]>([
    ['made for another service', ({ callsOf, minterOf }) => callsOf(minterOf(), 'audit-service')],
    ['signed with another secret', ({ callsOf, minterOf }) => callsOf(minterOf({ secrets: [randomBytes(32)] }))],
    ['of a key that is not known', ({ callsOf, minterOf }) => callsOf(minterOf({ keys: KeyRing.of([randomSeed()]) }))],
    ['signed longer ago than the window', ({ callsOf, minterOf }) => callsOf(minterOf({ clock: secondsAgo(35) }))],
    ['signed by a clock that is ahead of the window', ({ callsOf, minterOf }) => callsOf(minterOf({ clock: secondsAgo(-35) }))],
  ])('are refused when they are %s', async (_, callsOf) => {
    await using service = await setup();
    const answer = await callsOf(service).request({ path: '/feed' });
    expect([answer.status, JSON.parse(answer.body.toString())]).toEqual([401, expect.objectContaining({ code: 'identity_invalid' })]);
  });

  it('cannot be replayed to another path, with another method or under another request id', async () => {
    await using service = await setup();
    const headers = await service.overheard();
    expect(await service.statusOf('/feed', headers)).toBe(200);
    expect(await service.statusOf('/other', headers)).toBe(401);
    expect(await service.statusOf('/feed?more=1', headers)).toBe(401);
    expect(await service.statusOf('/feed', headers, 'POST')).toBe(401);
    expect(await service.statusOf('/feed', { ...headers, [internalHeaders.requestId]: 'request-0002' })).toBe(401);
  });

  it('cannot be replayed after the window, nor an expired token be signed anew', async () => {
    await using service = await setup();
    const old = await service.overheard(service.minterOf({ clock: secondsAgo(100) }));
    expect(await service.statusOf('/feed', old)).toBe(401);
    const facts = { method: 'GET', path: '/feed', requestId: 'request-0001', clientIp: '', userAgentEncoded: '', identityHash: hash('sha256', old[internalHeaders.identity]) };
    const signedNow = { ...old, [internalHeaders.signature]: signRequest(createSecretKey(service.secret), Date.now(), facts) };
    expect(await service.statusOf('/feed', signedNow)).toBe(401);
  });
});
