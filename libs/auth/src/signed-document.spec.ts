import { randomSeed } from '@plinth/testing';
import { AccessTokenVerifier } from './access-token.js';
import { KeyRing } from './key-ring.js';
import { openDocument, signDocument } from './signed-document.js';

describe('a signed document', () => {
  const keys = KeyRing.of([randomSeed()]);
  const type = 'plinth-test+jws';
  const document = Buffer.from('{"what":"was said"}\n');
  const jws = signDocument(keys, type, document);

  it('is read by whoever has the key, byte for byte', () => {
    expect(openDocument(keys, type, jws)).toEqual(document);
  });

  it('is none of another type, of another key, or with a byte changed', () => {
    expect(openDocument(keys, 'other+jws', jws)).toBeNull();
    expect(openDocument(KeyRing.of([randomSeed()]), type, jws)).toBeNull();
    for (const [index, part] of jws.split('.').entries()) {
      const middle = Math.floor(part.length / 2);
      const changed = part.slice(0, middle) + (part[middle] === 'A' ? 'B' : 'A') + part.slice(middle + 1);
      expect(openDocument(keys, type, jws.split('.').with(index, changed).join('.'))).toBeNull();
    }
  });

  it.each(['', '..', 'x.y.z', `${'e30'}..`, 'bnVsbA..'])('is not %j', (text) => {
    expect(openDocument(keys, type, text)).toBeNull();
  });

  it('is no access token', async () => {
    const verifier = new AccessTokenVerifier({ keys, issuer: 'http://gateway.test' });
    await expect(verifier.verify(jws)).rejects.toMatchObject({ code: 'token_invalid' });
  });
});
