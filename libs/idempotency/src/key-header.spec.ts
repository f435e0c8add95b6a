import { idempotencyKeyOf } from './key-header.js';

describe('idempotencyKeyOf', () => {
  it('takes the quoted and the bare form as one key', () => {
    expect(idempotencyKeyOf('"abc-1"')).toBe('abc-1');
    expect(idempotencyKeyOf('abc-1')).toBe('abc-1');
    expect(idempotencyKeyOf('"a\\"b"')).toBe('a"b');
  });

  it('knows a missing key from a bad one', () => {
    expect(idempotencyKeyOf(undefined)).toBeNull();
  });

  it('takes 1 to 255 characters, the quotes not counted', () => {
    for (const key of ['x', 'x'.repeat(255), '~ !']) {
      expect(idempotencyKeyOf(key)).toBe(key);
      expect(idempotencyKeyOf(`"${key}"`)).toBe(key);
    }
  });

  it.each(['', '""', 'x'.repeat(256), 'é', 'tab\there'])('refuses %j', (header) => {
    expect(() => idempotencyKeyOf(header)).toThrow(expect.objectContaining({ code: 'idempotency_key_malformed', status: 400 }) as Error);
  });
});
