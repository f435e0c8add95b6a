import { deriveKey } from './derived-key.js';

describe('deriveKey', () => {
  it('makes the key of RFC 5869, test case 3, which has neither salt nor info', () => {
    const key = deriveKey(Buffer.alloc(22, 0x0b), '').export();
    // The first 32 of its 42 bytes.
    expect(key.toString('hex')).toBe('8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d');
  });

  it('makes another key for each purpose and each secret', () => {
    const keys = [deriveKey('one', 'mail'), deriveKey('one', 'counts'), deriveKey('other', 'mail')].map((key) => key.export().toString('hex'));
    expect(new Set(keys).size).toBe(3);
  });
});
