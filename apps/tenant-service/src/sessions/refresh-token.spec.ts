import { hashRefreshToken, newRefreshToken, openSuccessor, sealSuccessor } from './refresh-token.js';

describe('a refresh token', () => {
  it('opens what it was exchanged for, and no other token does', () => {
    const [used, successor] = [newRefreshToken(), newRefreshToken()];
    const sealed = sealSuccessor(used, successor);
    expect(openSuccessor(used, sealed)).toBe(successor);
    expect(() => openSuccessor(newRefreshToken(), sealed)).toThrow();
    sealed.writeUInt8(sealed.readUInt8(sealed.length - 1) ^ 1, sealed.length - 1);
    expect(() => openSuccessor(used, sealed)).toThrow();
  });

  it('is not in what is stored of it', () => {
    const [used, successor] = [newRefreshToken(), newRefreshToken()];
    const stored = Buffer.concat([hashRefreshToken(used), hashRefreshToken(successor), sealSuccessor(used, successor)]);
    for (const token of [used, successor]) {
      expect(stored.includes(token)).toBe(false);
      expect(stored.includes(Buffer.from(token, 'base64url'))).toBe(false);
    }
  });
});
