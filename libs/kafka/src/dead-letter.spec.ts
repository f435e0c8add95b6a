import { originOf, toDeadLetter } from './dead-letter.js';

const facts = { topic: 'plinth.audit', partition: 3, offset: '42', replayCount: 0, group: 'audit-service', attempts: 5, failedAt: new Date('2026-11-22T08:00:00Z') };

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

describe('toDeadLetter of a message that was sent again', () => {
  it('names its first place, with how often it was sent again', () => {
    const headers = { ce_id: Buffer.from('1'), dlq_topic: Buffer.from('plinth.audit'), dlq_replay_count: Buffer.from('2') };
    const letter = toDeadLetter(message({ headers, offset: '7' }), { ...facts, replayCount: 2, error: new Error('x') });
    expect(letter.headers).toMatchObject({ ce_id: Buffer.from('1'), dlq_topic: 'plinth.audit', dlq_partition: '3', dlq_offset: '42', dlq_replay_count: '2' });
  });
});

describe('originOf', () => {
  const redriven = { topic: 'plinth.redrive.audit-service', partition: 0 };
  const first = { dlq_topic: 'plinth.audit', dlq_partition: '3', dlq_offset: '9007199254740993', dlq_replay_count: '2' };
  const headers = (texts: Record<string, string>) => Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)]));

  it('is the place that the headers name on the redrive topic of the group', () => {
    expect(originOf(redriven, message({ headers: headers(first) }), 'audit-service')).toEqual({ topic: 'plinth.audit', partition: 3, offset: '9007199254740993', replayCount: 2 });
  });

  it('is the own place on any other topic, whatever the headers say', () => {
    for (const source of [{ topic: 'plinth.audit', partition: 1 }, { topic: 'plinth.redrive.other', partition: 0 }]) {
      expect(originOf(source, message({ headers: headers(first) }), 'audit-service')).toEqual({ ...source, offset: '42', replayCount: 0 });
    }
  });

  it.each([{ dlq_topic: '' }, { dlq_topic: 'a b' }, { dlq_partition: '-1' }, { dlq_partition: '9999999999' }, { dlq_offset: 'x' }, { dlq_offset: '1'.repeat(19) }])(
    'is the own place where the headers are malformed: %j',
    (change) => {
      expect(originOf(redriven, message({ headers: headers({ ...first, ...change }) }), 'audit-service')).toEqual({ ...redriven, offset: '42', replayCount: 0 });
    },
  );
});
