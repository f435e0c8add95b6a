import { errorLabel, toDeadLetter } from './dead-letter.js';

const facts = { topic: 'plinth.audit', partition: 3, group: 'audit-service', attempts: 5, failedAt: new Date('2026-11-22T08:00:00Z') };

function message(changes: object) {
  return { key: Buffer.from([1, 0xff]), value: Buffer.from([0, 0xfe]), headers: {}, offset: '42', timestamp: '0', attributes: 0, ...changes };
}

describe('toDeadLetter', () => {
  it('keeps key, value and headers byte for byte and adds where and why it failed', () => {
    const headers = { ce_id: Buffer.from([0xff, 0]), twice: [Buffer.from('a'), Buffer.from('b')] };
    const letter = toDeadLetter(message({ headers }), { ...facts, error: Object.assign(new Error('x'), { name: 'QueryFailedError', code: '23505' }) });
    expect(letter).toEqual({
      topic: 'plinth.dead-letter',
      key: Buffer.from([1, 0xff]),
      value: Buffer.from([0, 0xfe]),
      headers: {
        ...headers,
        dlq_topic: 'plinth.audit',
        dlq_partition: '3',
        dlq_offset: '42',
        dlq_group: 'audit-service',
        dlq_attempts: '5',
        dlq_error: 'QueryFailedError:23505',
        dlq_failed_at: '2026-11-22T08:00:00.000Z',
      },
    });
  });

  it('keeps a missing key and a missing value missing, and writes a header without a value as an empty one', () => {
    const letter = toDeadLetter(message({ key: null, value: null, headers: { empty: null } }), { ...facts, error: new Error('x') });
    expect(letter).toMatchObject({ key: null, value: null, headers: { empty: Buffer.alloc(0) } });
  });
});

describe('errorLabel', () => {
  it('names class and code, those of a wrapped error too, and never the message', () => {
    const cause = Object.assign(new Error('Key (email)=(a@b.example) exists'), { code: '23505' });
    expect(errorLabel(new TypeError('a@b.example'))).toBe('TypeError');
    expect(errorLabel(new Error('a@b.example', { cause }))).toBe('Error:23505');
    expect(errorLabel('a@b.example')).toBe('UnknownError');
    expect(errorLabel(Object.assign(new Error(), { code: 'a\r\nb' }))).toBe('Error:a__b');
  });
});
