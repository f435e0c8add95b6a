import { findTotpStep, hashRecoveryCode, newRecoveryCodes, newTotpSecret, totpCode, totpSecretText, totpUri } from './one-time-codes.js';

/** RFC 6238, appendix B: the SHA-1 vectors, of whose eight digits an app shows the last six. */
const rfcSecret = Buffer.from('12345678901234567890');
const vectors = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
] as const;

describe('codes of authenticator apps', () => {
  it.each(vectors)('at %d s are those of RFC 6238', (seconds, code) => {
    const at = new Date(seconds * 1000);
    expect(totpCode(rfcSecret, at)).toBe(code);
    expect(findTotpStep(rfcSecret, code, at, null)).toBe(Math.floor(seconds / 30));
  });

  it('count half a minute early and late, and no longer', () => {
    const secret = newTotpSecret();
    const now = new Date('2026-11-27T12:00:15Z');
    const step = now.getTime() / 30_000 | 0;
    const found = [-60, -30, 0, 30, 60].map((seconds) => findTotpStep(secret, totpCode(secret, new Date(now.getTime() + seconds * 1000)), now, null));
    expect(found).toEqual([null, step - 1, step, step + 1, null]);
  });

  it('are good once, and so is none before the last that was taken', () => {
    const secret = newTotpSecret();
    const now = new Date();
    const [earlier, code] = [totpCode(secret, new Date(now.getTime() - 30_000)), totpCode(secret, now)];
    const step = findTotpStep(secret, code, now, null);
    expect(step).not.toBeNull();
    expect([findTotpStep(secret, code, now, step), findTotpStep(secret, earlier, now, step)]).toEqual([null, null]);
    expect(findTotpStep(secret, earlier, now, (step ?? 0) - 2)).toBe((step ?? 0) - 1);
  });

  it.each(['', '12345', '1234567', 'abcdef', '１２３４５６', '12 456', '-12345', '1e5000'])('are not %j', (code) => {
    expect(findTotpStep(newTotpSecret(), code, new Date(), null)).toBeNull();
  });

  it('come from a secret that apps take by hand or by QR code', () => {
    expect(totpSecretText(rfcSecret)).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
    const uri = new URL(totpUri(rfcSecret, 'plinth.example', 'ada+1@plinth.example'));
    expect([uri.protocol, uri.host, decodeURIComponent(uri.pathname)]).toEqual(['otpauth:', 'totp', '/plinth.example:ada+1@plinth.example']);
    expect(Object.fromEntries(uri.searchParams)).toEqual({ secret: totpSecretText(rfcSecret), issuer: 'plinth.example', algorithm: 'SHA1', digits: '6', period: '30' });
    expect(newTotpSecret()).toHaveLength(20);
  });
});

describe('recovery codes', () => {
  it('are ten, each another, and are known however they are typed', () => {
    const codes = newRecoveryCodes();
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) {
      expect(code).toMatch(/^(?:[A-Z2-7]{4}-){3}[A-Z2-7]{4}$/);
      const hash = hashRecoveryCode(code);
      expect(hash).toHaveLength(32);
      expect(hashRecoveryCode(` ${code.toLowerCase().replaceAll('-', ' ')}`)).toEqual(hash);
    }
  });

  it.each(['', '123456', 'ABCD-EFGH-IJKL', 'ABCD-EFGH-IJKL-MNO1', 'ABCD-EFGH-IJKL-MNOPQ'])('are not %j', (code) => {
    expect(hashRecoveryCode(code)).toBeNull();
  });
});
