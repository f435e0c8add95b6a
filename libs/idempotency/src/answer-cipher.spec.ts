import { createDecipheriv, hkdfSync } from 'node:crypto';
import { newSalt, openAnswer, sealAnswer } from './answer-cipher.js';

describe('the kept answer', () => {
  const secret = Buffer.alloc(32, 1);
  const salt = newSalt();
  const answer = { status: 201, headers: { etag: '"1"' }, body: Buffer.from('{"accessToken":"t0k3n"}') };

  it('opens to the same bytes, and shows none of them while closed', () => {
    const sealed = sealAnswer(answer, secret, salt, 'client-key');
    expect(sealed.includes('t0k3n')).toBe(false);
    expect(openAnswer(sealed, secret, salt, 'client-key')).toEqual(answer);
  });

  it('is sealed under the key that HKDF-SHA-256 (RFC 5869) derives', () => {
    const sealed = sealAnswer(answer, secret, salt, 'client-key');
    const key = Buffer.from(hkdfSync('sha256', Buffer.concat([secret, Buffer.from('client-key')]), salt, 'plinth idempotency answer v1', 32));
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12)).setAuthTag(sealed.subarray(12, 28));
    expect(Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]).includes('t0k3n')).toBe(true);
  });

  it("does not open under another client's key, another secret, or after a change", () => {
    const sealed = sealAnswer(answer, secret, salt, 'client-key');
    expect(() => openAnswer(sealed, secret, salt, 'other-key')).toThrow();
    expect(() => openAnswer(sealed, Buffer.alloc(32, 2), salt, 'client-key')).toThrow();
    sealed.writeUInt8(sealed.readUInt8(sealed.length - 1) ^ 1, sealed.length - 1);
    expect(() => openAnswer(sealed, secret, salt, 'client-key')).toThrow();
  });
});
