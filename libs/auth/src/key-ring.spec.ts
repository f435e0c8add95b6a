import { KeyRing, thumbprint } from './key-ring.js';
import { randomSeed } from '@plinth/testing';

// RFC 8032, section 7.1, test 1; its public key and thumbprint are those of RFC 8037, appendix A.
const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex').toString('base64url');
const x = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo';
const kid = 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k';
const emptySignature =
  'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b';

describe('KeyRing', () => {
  it('derives the public key, its thumbprint and the signature of the RFCs from the seed', () => {
    const ring = KeyRing.of([`seed.${seed}`]);
    expect(ring.publicJwks()).toEqual({ keys: [{ kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' }] });
    expect(thumbprint(x)).toBe(kid);
    expect(ring.sign(Buffer.alloc(0)).signature.toString('hex')).toBe(emptySignature);
  });

  it('verifies with every key and signs with the first after a rotation', () => {
    const [older, newer] = [randomSeed(), randomSeed()];
    const data = Buffer.from('a checkpoint');
    const old = KeyRing.of([older]).sign(data);
    const rotated = KeyRing.of([newer, older]);
    expect(rotated.verify(old.kid, data, old.signature)).toBe(true);
    expect(rotated.sign(data).kid).not.toBe(old.kid);
    expect(KeyRing.of([newer]).verify(old.kid, data, old.signature)).toBe(false);
  });

  it('verifies but does not sign with a public key', () => {
    const ring = KeyRing.of([`pub.${x}`]);
    expect(ring.verify(kid, Buffer.alloc(0), Buffer.from(emptySignature, 'hex'))).toBe(true);
    expect(ring.canSign).toBe(false);
    expect(() => ring.sign(Buffer.alloc(0))).toThrow('only verifies');
  });

  it.each([['nothing.abc'], ['seed.short'], [`seed.${seed}x`], ['']])('refuses the entry %j without repeating it', (entry) => {
    expect(() => KeyRing.of([`seed.${seed}`, entry])).toThrow(/^Key 2 is neither seed\.<base64url of 32 bytes> nor pub\.<base64url of 32 bytes>$/);
  });

  it('refuses an empty ring', () => {
    expect(() => KeyRing.of([])).toThrow('at least one key');
  });
});
