import { createSecretKey, hash, randomBytes, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import type { ServiceName } from '@plinth/contracts';
import { anonymous, type Principal } from '@plinth/http';
import type { Problem } from '@plinth/kernel';
import { internalHeaders } from './internal-headers.js';
import { InternalIdentityMinter, InternalIdentityVerifier, type IncomingCall, type InternalCall } from './internal-identity.js';
import { KeyRing } from './key-ring.js';
import { signRequest } from './request-signature.js';
import { randomSeed } from '@plinth/testing';
import { HeldClock } from './testing.js';

function setup() {
  const clock = new HeldClock();
  const keys = KeyRing.of([randomSeed()]);
  const secrets = [randomBytes(32)];
  const minter = new InternalIdentityMinter({ service: 'gateway', keys, secrets, clock });
  const verifierOf = (service: ServiceName, over: Partial<{ secrets: Buffer[]; keys: KeyRing }> = {}) =>
    new InternalIdentityVerifier({ service, keys, secrets, clock, ...over });
  const user: Principal = { type: 'user', id: randomUUID(), tenantId: randomUUID(), roles: ['owner'], sessionId: randomUUID() };
  const call = (over: Partial<InternalCall> = {}): InternalCall => ({
    audience: 'tenant-service',
    principal: user,
    method: 'PATCH',
    path: '/v1/tenants/1?x=%20',
    requestId: 'request-0001',
    clientIp: '2001:db8::1',
    userAgent: 'Prüfer/1.0 ✓',
    ...over,
  });
  const incoming = async (minted = call()): Promise<IncomingCall> => ({
    method: minted.method,
    path: minted.path,
    headers: { ...(await minter.headersFor(minted)) },
  });
  return { clock, keys, secrets, minter, verifierOf, user, call, incoming };
}

const licence = { kind: 'professional_engineer_licence', expiresAt: '2027-01-01T00:00:00.000Z' } as const;

const refusal = (verified: Promise<unknown>) => verified.then(() => 'accepted', (problem: Problem) => `${problem.status} ${problem.code}`);

describe('internal identity', () => {
  it('tells the service who calls, through whom, and from where', async () => {
    const { verifierOf, incoming, user } = setup();
    expect(await verifierOf('tenant-service').verify(await incoming())).toEqual({
      principal: user,
      caller: 'gateway',
      requestId: 'request-0001',
      clientIp: '2001:db8::1',
      userAgent: 'Prüfer/1.0 ✓',
    });
  });

  it('carries under which grant an operator acts in a tenant, and believes it of nobody else', async () => {
    const { verifierOf, incoming, call, user } = setup();
    const access = { grantId: randomUUID(), capabilities: ['tenant.read'], expiresAt: '2026-11-22T13:00:00.000Z', reason: 'Ticket 4711: “…”' };
    const operator: Principal = { ...user, type: 'operator', roles: ['PLATFORM_ADMIN'], access };
    const verify = async (principal: Principal) => await verifierOf('tenant-service').verify(await incoming(call({ principal })));
    expect((await verify(operator)).principal).toEqual(operator);
    // Another grant is another token.
    const other = { ...operator, access: { ...access, capabilities: ['audit.read'] } };
    expect((await verify(other)).principal).toEqual(other);
    for (const nobody of [{ ...user, access }, { ...operator, tenantId: null }, { ...user, type: 'api_key', scopes: ['*'], access } as const]) expect(await refusal(verify(nobody))).toBe('401 identity_invalid');
    for (const broken of [{ ...access, expiresAt: 'never' }, { ...access, capabilities: 'all' }, { ...access, reason: null }]) expect(await refusal(verify({ ...operator, access: broken as never }))).toBe('401 identity_invalid');
  });

  it('carries an anonymous caller and a service without an address', async () => {
    const { verifierOf, incoming, call } = setup();
    const verified = await verifierOf('tenant-service').verify(await incoming(call({ principal: anonymous, clientIp: null, userAgent: null })));
    expect(verified).toMatchObject({ principal: anonymous, clientIp: null, userAgent: null });
  });

  it("carries a person's verified credentials", async () => {
    const { verifierOf, incoming, call, user } = setup();
    const principal = { ...user, credentials: [licence] };
    expect((await verifierOf('tenant-service').verify(await incoming(call({ principal })))).principal).toEqual(principal);
    const none = await verifierOf('tenant-service').verify(await incoming(call({ principal: { ...user, credentials: [] } })));
    expect(none.principal).toEqual(user);
  });

  it('is good for the one service that it names', async () => {
    const { verifierOf, incoming } = setup();
    expect(await refusal(verifierOf('audit-service').verify(await incoming()))).toBe('401 identity_invalid');
  });

  it('is refused when the method or the path is another than the signed one', async () => {
    const { verifierOf, incoming } = setup();
    const signed = await incoming();
    const verifier = verifierOf('tenant-service');
    expect(await refusal(verifier.verify({ ...signed, method: 'DELETE' }))).toBe('401 identity_invalid');
    expect(await refusal(verifier.verify({ ...signed, path: '/v1/tenants/2?x=%20' }))).toBe('401 identity_invalid');
    expect(await refusal(verifier.verify(signed))).toBe('accepted');
  });

  it.each(Object.values(internalHeaders))('is refused without %s, with two of it, and with another value', async (name) => {
    const { verifierOf, incoming } = setup();
    const signed = await incoming();
    const verifier = verifierOf('tenant-service');
    for (const value of [undefined, [String(signed.headers[name]), 'x'], `${String(signed.headers[name])}x`]) {
      expect(await refusal(verifier.verify({ ...signed, headers: { ...signed.headers, [name]: value } }))).toBe('401 identity_invalid');
    }
  });

  it('is refused when any character of any header is changed', async () => {
    const { verifierOf, incoming } = setup();
    const verifier = verifierOf('tenant-service');
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.values(internalHeaders)), fc.nat(), fc.constantFrom('A', '0', '-', '.'), async (name, at, char) => {
        const signed = await incoming();
        const value = String(signed.headers[name]);
        const changed = value.slice(0, at % value.length) + char + value.slice((at % value.length) + 1);
        // The last character of a base64url signature has bits that carry nothing.
        fc.pre(changed !== value && !(name === internalHeaders.signature && at % value.length === value.length - 1));
        expect(await refusal(verifier.verify({ ...signed, headers: { ...signed.headers, [name]: changed } }))).toBe('401 identity_invalid');
      }),
      { numRuns: 200 },
    );
  });

  it('cannot be made from a stolen token and another secret', async () => {
    const { keys, call, verifierOf, clock } = setup();
    const thief = new InternalIdentityMinter({ service: 'gateway', keys, secrets: [randomBytes(32)], clock });
    const headers = { ...(await thief.headersFor(call())) };
    expect(await refusal(verifierOf('tenant-service').verify({ method: 'PATCH', path: call().path, headers }))).toBe('401 identity_invalid');
  });

  it('ends 30 seconds after it was signed, in either direction of the clock', async () => {
    const { clock, verifierOf, incoming } = setup();
    const verifier = verifierOf('tenant-service');
    const signed = await incoming();
    clock.advance(30_000);
    expect(await refusal(verifier.verify(signed))).toBe('accepted');
    clock.advance(1);
    expect(await refusal(verifier.verify(signed))).toBe('401 identity_invalid');
    clock.advance(-60_002);
    expect(await refusal(verifier.verify(signed))).toBe('401 identity_invalid');
  });

  it('uses a token again for 45 seconds, then makes another', async () => {
    const { clock, minter, call } = setup();
    const tokenOf = async () => (await minter.headersFor(call()))[internalHeaders.identity];
    const first = await tokenOf();
    clock.advance(44_999);
    expect(await tokenOf()).toBe(first);
    clock.advance(1);
    expect(await tokenOf()).not.toBe(first);
  });

  it('never shares a token between two principals or two services', async () => {
    const { minter, call, user } = setup();
    const calls = [
      call(),
      call({ audience: 'audit-service' }),
      call({ principal: { ...user, tenantId: randomUUID() } }),
      call({ principal: { ...user, roles: ['viewer'] } }),
      call({ principal: { ...user, scopes: ['tenant.read'] } }),
      call({ principal: { ...user, sessionId: randomUUID() } }),
      call({ principal: { ...user, type: 'operator' } }),
      call({ principal: { ...user, credentials: [licence] } }),
    ];
    const tokens = await Promise.all(calls.map(async (one) => (await minter.headersFor(one))[internalHeaders.identity]));
    expect(new Set(tokens).size).toBe(calls.length);
  });

  it('is accepted under an older secret and an older key while they are still configured', async () => {
    const { secrets, verifierOf, incoming, keys } = setup();
    const signed = await incoming();
    const rotated = verifierOf('tenant-service', { secrets: [randomBytes(32), ...secrets] });
    expect(await refusal(rotated.verify(signed))).toBe('accepted');
    const withdrawn = verifierOf('tenant-service', { secrets: [randomBytes(32)], keys });
    expect(await refusal(withdrawn.verify(signed))).toBe('401 identity_invalid');
    const otherKeys = verifierOf('tenant-service', { keys: KeyRing.of([randomSeed()]) });
    expect(await refusal(otherKeys.verify(signed))).toBe('401 identity_invalid');
  });

  it('is not an access token, though the same key may have signed one', async () => {
    const { keys, secrets, clock, verifierOf } = setup();
    const iat = Math.floor(clock.now().getTime() / 1000);
    const accessToken = await new SignJWT({ pty: 'user', tid: null, rol: [], iss: 'gateway', aud: 'tenant-service', sub: 'x', iat, exp: iat + 60 })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: keys.current.kid })
      .sign(keys.current.privateKey);
    const facts = { method: 'GET', path: '/', requestId: 'request-0001', clientIp: '', userAgentEncoded: '', identityHash: hash('sha256', accessToken) };
    const headers = {
      [internalHeaders.identity]: accessToken,
      [internalHeaders.signature]: signRequest(createSecretKey(secrets[0] ?? Buffer.alloc(0)), clock.now().getTime(), facts),
      [internalHeaders.requestId]: facts.requestId,
      [internalHeaders.clientIp]: '',
      [internalHeaders.userAgent]: '',
    };
    expect(await refusal(verifierOf('tenant-service').verify({ method: 'GET', path: '/', headers }))).toBe('401 identity_invalid');
  });
});

describe('the test vector of docs/adr/0002-internal-identity.md', () => {
  it('holds byte for byte', async () => {
    const clock = new HeldClock(new Date(1_795_262_400_000));
    const minter = new InternalIdentityMinter({
      service: 'gateway',
      keys: KeyRing.of(['seed.nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A']),
      secrets: [Buffer.alloc(32, 0x2a)],
      clock,
    });
    const headers = await minter.headersFor({
      audience: 'tenant-service',
      principal: {
        type: 'user',
        id: '01920000-0000-7000-8000-000000000001',
        tenantId: '01920000-0000-7000-8000-000000000002',
        roles: ['owner'],
        sessionId: '01920000-0000-7000-8000-000000000003',
      },
      method: 'PATCH',
      path: '/v1/tenants/01920000-0000-7000-8000-000000000002?dry=1',
      requestId: '01920000-0000-7000-8000-000000000004',
      clientIp: '203.0.113.7',
      userAgent: 'curl/8.5.0',
    });
    expect(headers).toEqual({
      'x-plinth-identity': [
        'eyJhbGciOiJFZERTQSIsInR5cCI6InBsaW50aC1pbnRlcm5hbCtqd3QiLCJraWQiOiJrUHJLX3FteFZXYVlWQTl3d0JGNkl1bzN2Vnp6N1R4SE',
        'NUd1hCeWdyUzRrIn0.eyJwdHkiOiJ1c2VyIiwidGlkIjoiMDE5MjAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwicm9sIjpbIm93',
        'bmVyIl0sInNpZCI6IjAxOTIwMDAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMyIsImlzcyI6ImdhdGV3YXkiLCJhdWQiOiJ0ZW5hbnQtc2',
        'VydmljZSIsInN1YiI6IjAxOTIwMDAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMSIsImlhdCI6MTc5NTI2MjQwMCwiZXhwIjoxNzk1MjYy',
        'NDYwfQ.IVBrhq0RK2OfZ8vn1v05gMaN8BwB1Ota1jwg3Ce46VmENYV_vTOz4HUAdO0T2OhgoIF-ZSJAMUDarUJNlwffDg',
      ].join(''),
      'x-plinth-signature': 't=1795262400000;v1=uQ3_kptS2J4WDmVep6tT4iH1b3qkLsGRCcldI3_Cpwc',
      'x-request-id': '01920000-0000-7000-8000-000000000004',
      'x-plinth-client-ip': '203.0.113.7',
      'x-plinth-user-agent': 'Y3VybC84LjUuMA',
    });
  });
});
