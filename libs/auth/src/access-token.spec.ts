import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto';
import { SignJWT, type JWTPayload } from 'jose';
import type { Problem } from '@plinth/kernel';
import { AccessTokenIssuer, AccessTokenVerifier } from './access-token.js';
import { KeyRing } from './key-ring.js';
import { randomSeed } from '@plinth/testing';
import { HeldClock } from './testing.js';

const issuer = 'http://127.0.0.1:8080';

function setup() {
  const clock = new HeldClock();
  const keys = KeyRing.of([randomSeed()]);
  const verifier = new AccessTokenVerifier({ keys, issuer, clock });
  const claims = { userId: randomUUID(), sessionId: randomUUID(), memberships: [{ tenantId: randomUUID(), roles: ['owner'] }], operatorRoles: [] };
  const now = Math.floor(clock.now().getTime() / 1000);
  /** A token like ours, signed with our key, but for what the test changes. */
  const forge = (payload: JWTPayload = {}, header: Record<string, unknown> = {}) =>
    new SignJWT({
      iss: issuer,
      aud: 'plinth',
      sub: claims.userId,
      sid: claims.sessionId,
      mbr: [{ tid: claims.memberships[0]?.tenantId, rol: ['owner'] }],
      iat: now,
      exp: now + 600,
      ...payload,
    })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: keys.current.kid, ...header })
      .sign(keys.current.privateKey);
  const refusal = (token: string) => verifier.verify(token).then(() => 'accepted', (problem: Problem) => `${problem.status} ${problem.code}`);
  return { clock, keys, verifier, claims, now, forge, refusal };
}

/** Assembles a token by hand, as an attacker does. */
function assemble(header: object, payload: object, sign: (input: string) => string): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${sign(input)}`;
}

describe('access tokens', () => {
  it('are verified to the claims that they were issued with', async () => {
    const { keys, clock, verifier, claims } = setup();
    const { token, expiresInSeconds } = await new AccessTokenIssuer({ keys, issuer, clock }).issue(claims);
    expect(await verifier.verify(token)).toEqual(claims);
    expect(await verifier.verify(token)).toEqual(claims);
    expect(expiresInSeconds).toBe(600);
  });

  it('carry what a tenant has verified of the bearer, and pass over a kind that is not known', async () => {
    const { keys, clock, verifier, claims, forge } = setup();
    const licence = { kind: 'professional_engineer_licence', expiresAt: '2027-01-01T00:00:00.000Z' } as const;
    const licensed = { ...claims, memberships: claims.memberships.map((membership) => ({ ...membership, credentials: [licence] })) };
    const { token } = await new AccessTokenIssuer({ keys, issuer, clock }).issue(licensed);
    expect(await verifier.verify(token)).toEqual(licensed);
    const [membership] = claims.memberships;
    const unknown = await forge({ mbr: [{ tid: membership?.tenantId, rol: ['owner'], crd: [{ knd: 'pilot_licence', exp: licence.expiresAt }] }] });
    expect(await verifier.verify(unknown)).toEqual(claims);
  });

  it('carry from when on the bearer has to have agreed to what is in force', async () => {
    const { keys, clock, verifier, claims } = setup();
    const due = { ...claims, consentDueAt: new Date('2027-01-01T00:00:00Z') };
    expect(await verifier.verify((await new AccessTokenIssuer({ keys, issuer, clock }).issue(due)).token)).toEqual(due);
  });

  it('are refused once they have expired, also when they were verified before', async () => {
    const { clock, forge, refusal } = setup();
    const token = await forge();
    expect(await refusal(token)).toBe('accepted');
    clock.advance(700_000);
    expect(await refusal(token)).toBe('401 token_expired');
  });

  it('pass between clocks that differ by 30 seconds, not by 10 minutes', async () => {
    const { now, forge, refusal } = setup();
    expect(await refusal(await forge({ iat: now + 30, nbf: now + 30, exp: now + 630 }))).toBe('accepted');
    expect(await refusal(await forge({ iat: now - 630, exp: now - 30 }))).toBe('accepted');
    expect(await refusal(await forge({ iat: now + 600, exp: now + 1_200 }))).toBe('401 token_invalid');
    expect(await refusal(await forge({ iat: now - 1_200, exp: now - 600 }))).toBe('401 token_expired');
  });

  it('are refused before their time', async () => {
    const { now, forge, refusal } = setup();
    expect(await refusal(await forge({ nbf: now + 300 }))).toBe('401 token_invalid');
  });

  it.each<[string, JWTPayload]>([
    ['audience', { aud: 'another-service' }],
    ['issuer', { iss: 'https://attacker.example' }],
    ['subject', { sub: 'not-a-uuid' }],
    ['memberships', { mbr: [{ tid: 'not-a-uuid', rol: ['owner'] }] }],
    ['roles', { mbr: [{ tid: randomUUID(), rol: 'owner' }] }],
    ['session', { sid: 7 }],
    ['time of a consent', { cdu: 'soon' }],
    ['list of credentials', { mbr: [{ tid: randomUUID(), rol: [], crd: {} }] }],
    ['credential', { mbr: [{ tid: randomUUID(), rol: [], crd: [null] }] }],
    ['end of a credential', { mbr: [{ tid: randomUUID(), rol: [], crd: [{ knd: 'professional_engineer_licence', exp: 'never' }] }] }],
  ])('are refused with a wrong %s', async (_, payload) => {
    const { forge, refusal } = setup();
    expect(await refusal(await forge(payload))).toBe('401 token_invalid');
  });

  it.each(['iss', 'aud', 'sub', 'exp', 'iat', 'sid', 'mbr'])('are refused without %s', async (claim) => {
    const { forge, refusal } = setup();
    expect(await refusal(await forge({ [claim]: undefined }))).toBe('401 token_invalid');
  });

  it.each<[string, Record<string, unknown>]>([
    ['another typ', { typ: 'JWT' }],
    ['no typ', { typ: undefined }],
    ['an internal identity’s typ', { typ: 'plinth-internal+jwt' }],
    ['an unknown kid', { kid: 'unknown' }],
    ['no kid', { kid: undefined }],
    ['a jku', { jku: 'https://attacker.example/jwks.json' }],
    ['an x5u', { x5u: 'https://attacker.example/cert.pem' }],
    ['a jwk', { jwk: { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' } }],
  ])('are refused with %s in the header', async (_, header) => {
    const { forge, refusal } = setup();
    expect(await refusal(await forge({}, header))).toBe('401 token_invalid');
  });

  it('are refused when the attacker brings the key in the header', async () => {
    const { keys, now, claims, refusal } = setup();
    const attacker = generateKeyPairSync('ed25519');
    const token = await new SignJWT({ iss: issuer, aud: 'plinth', sub: claims.userId, sid: 's', mbr: [], iat: now, exp: now + 60 })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: keys.current.kid, jwk: attacker.publicKey.export({ format: 'jwk' }) })
      .sign(attacker.privateKey);
    expect(await refusal(token)).toBe('401 token_invalid');
  });

  it('are refused unsigned and with algorithm none, however it is written', async () => {
    const { keys, now, claims, refusal } = setup();
    const payload = { iss: issuer, aud: 'plinth', sub: claims.userId, sid: 's', mbr: [], iat: now, exp: now + 60 };
    for (const alg of ['none', 'None', 'NONE', 'nOnE']) {
      const token = assemble({ alg, typ: 'at+jwt', kid: keys.current.kid }, payload, () => '');
      expect(await refusal(token)).toBe('401 token_invalid');
    }
  });

  it('are refused with HS256 keyed by the public key in any of its forms', async () => {
    const { keys, now, claims, refusal } = setup();
    const publicKey = keys.findKey(keys.current.kid);
    const [jwk] = keys.publicJwks().keys;
    const forms = [
      Buffer.from(jwk?.x ?? '', 'base64url'),
      Buffer.from(jwk?.x ?? ''),
      publicKey?.export({ format: 'pem', type: 'spki' }) ?? '',
      publicKey?.export({ format: 'der', type: 'spki' }) ?? '',
    ];
    const payload = { iss: issuer, aud: 'plinth', sub: claims.userId, sid: 's', mbr: [], iat: now, exp: now + 60 };
    for (const secret of forms) {
      const token = assemble({ alg: 'HS256', typ: 'at+jwt', kid: keys.current.kid }, payload, (input) =>
        createHmac('sha256', secret).update(input).digest('base64url'),
      );
      expect(await refusal(token)).toBe('401 token_invalid');
    }
  });

  it('are refused when any character of them is changed', async () => {
    const { forge, refusal } = setup();
    const token = await forge();
    const parts = token.split('.');
    for (const [index, part] of parts.entries()) {
      const middle = Math.floor(part.length / 2);
      const changed = part.slice(0, middle) + (part[middle] === 'A' ? 'B' : 'A') + part.slice(middle + 1);
      expect(await refusal(parts.with(index, changed).join('.'))).toBe('401 token_invalid');
    }
  });

  it.each(['', '.', '..', 'a.b.c', 'e30.e30.', 'not a token', 'x'.repeat(20_000)])('that are no tokens are refused: %#', async (token) => {
    const { refusal } = setup();
    expect(await refusal(token)).toBe('401 token_invalid');
  });

  it('are refused once their key has been withdrawn, also when they were verified before', async () => {
    const { keys, clock, forge } = setup();
    const known = new Map([[keys.current.kid, keys.findKey(keys.current.kid)]]);
    const verifier = new AccessTokenVerifier({ keys: { findKey: (kid) => known.get(kid) }, issuer, clock });
    const token = await forge();
    await verifier.verify(token);
    known.clear();
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'token_invalid' });
  });
});
