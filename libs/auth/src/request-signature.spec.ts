import { createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { signRequest, verifyRequestSignature, type SignedFacts } from './request-signature.js';

const line = fc.string().map((text) => text.replaceAll('\n', ''));
const facts: fc.Arbitrary<SignedFacts> = fc.record({
  method: line,
  path: line,
  requestId: line,
  clientIp: line,
  userAgentEncoded: line,
  identityHash: line,
});
const nowMs = 1_795_262_400_000;

describe('request signatures', () => {
  const [current, older] = [createSecretKey(randomBytes(32)), createSecretKey(randomBytes(32))];
  const secrets = [current, older];

  it('hold for the facts that were signed, under any configured secret', () => {
    fc.assert(
      fc.property(facts, fc.constantFrom(...secrets), (signed, secret) => {
        expect(verifyRequestSignature(secrets, signRequest(secret, nowMs, signed), nowMs, signed)).toBe(true);
      }),
    );
  });

  it('hold for no other facts', () => {
    fc.assert(
      fc.property(facts, facts, (signed, claimed) => {
        fc.pre(JSON.stringify(Object.values(signed)) !== JSON.stringify(Object.values(claimed)));
        expect(verifyRequestSignature(secrets, signRequest(current, nowMs, signed), nowMs, claimed)).toBe(false);
      }),
    );
  });

  it('do not let text move from one fact into the next', () => {
    const signed = { method: 'GET', path: '/a', requestId: 'b', clientIp: '', userAgentEncoded: '', identityHash: 'h' };
    const moved = { ...signed, path: '/', requestId: 'ab' };
    expect(verifyRequestSignature(secrets, signRequest(current, nowMs, signed), nowMs, moved)).toBe(false);
  });

  it('end with the secret that made them', () => {
    const signed = { method: 'GET', path: '/', requestId: 'b', clientIp: '', userAgentEncoded: '', identityHash: 'h' };
    const header = signRequest(older, nowMs, signed);
    expect(verifyRequestSignature([current], header, nowMs, signed)).toBe(false);
    expect(verifyRequestSignature([], header, nowMs, signed)).toBe(false);
  });

  it.each(['', 't=1;v1=x', 'v1=x;t=1', 't=1795262400000', 't=1795262400000;v1=', `t=1795262400000;v2=${'A'.repeat(43)}`, `t=17952624000000;v1=${'A'.repeat(43)}`])(
    'refuse the header %j',
    (header) => {
      const signed = { method: 'GET', path: '/', requestId: 'b', clientIp: '', userAgentEncoded: '', identityHash: 'h' };
      expect(verifyRequestSignature(secrets, header, nowMs, signed)).toBe(false);
    },
  );
});
