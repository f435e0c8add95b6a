import { factsOf, failureDigest } from './received-letter.js';

const sound = {
  dlq_topic: 'plinth.audit',
  dlq_partition: '3',
  dlq_offset: '9007199254740993',
  dlq_group: 'audit-service',
  dlq_attempts: '5',
  dlq_error: 'QueryFailedError:23505',
  dlq_failed_at: '2026-11-22T08:00:00.123Z',
  dlq_replay_count: '2',
  ce_id: '0197A4C2-0000-7000-8000-00000000000A',
  ce_type: 'tenant.updated.v1',
  ce_tenantid: '0197a4c2-0000-7000-8000-00000000000b',
};

function factsWith(changes: Record<string, string | Buffer | null>) {
  const headers = Object.entries({ ...sound, ...changes }).map(([name, value]) => ({ name, value: value === null ? null : Buffer.from(value) }));
  return factsOf({ headers });
}

const nothing = {
  ...{ group: null, topic: null, partition: null, offset: null, attempts: null, error: null, failedAt: null },
  ...{ eventId: null, eventType: null, tenantId: null, replayCount: 0 },
};

describe('factsOf', () => {
  it('reads what a dead letter says of itself', () => {
    expect(factsWith({})).toEqual({
      group: 'audit-service',
      topic: 'plinth.audit',
      partition: 3,
      offset: '9007199254740993',
      attempts: 5,
      error: 'QueryFailedError:23505',
      failedAt: new Date('2026-11-22T08:00:00.123Z'),
      eventId: '0197a4c2-0000-7000-8000-00000000000a',
      eventType: 'tenant.updated.v1',
      tenantId: '0197a4c2-0000-7000-8000-00000000000b',
      replayCount: 2,
    });
  });

  it('is nothing where there are no headers', () => {
    expect(factsOf({ headers: [] })).toEqual(nothing);
  });

  it.each([null, '', '\0', 'a\r\nb', Buffer.from([0xff]), 'x'.repeat(250)])('is nothing where every header is %j', (bad) => {
    expect(factsWith(Object.fromEntries(Object.keys(sound).map((name) => [name, bad])))).toEqual(nothing);
  });

  it.each([
    [{ dlq_partition: '-1' }, { partition: null }],
    [{ dlq_partition: '2147483648' }, { partition: null }],
    [{ dlq_offset: '1e3' }, { offset: null }],
    [{ dlq_offset: '9'.repeat(19) }, { offset: null }],
    [{ dlq_failed_at: 'yesterday' }, { failedAt: null }],
    [{ dlq_failed_at: '+012026-01-01T00:00:00Z' }, { failedAt: null }],
    [{ ce_id: '42' }, { eventId: null }],
    [{ ce_tenantid: '42' }, { tenantId: null }],
    [{ dlq_replay_count: 'many' }, { replayCount: 0 }],
    [{ dlq_error: 'Key (email)=(jane@mail.example) exists' }, { error: null }],
    [{ dlq_error: 'plk_live_0123456789' }, { error: null }],
    [{ ce_type: 'jane@mail.example' }, { eventType: null }],
  ])('leaves out what is malformed: %j', (change, expected) => {
    expect(factsWith(change)).toMatchObject(expected);
  });

  it('leaves out what stands twice', () => {
    const twice = ['a', 'b'].map((group) => ({ name: 'dlq_group', value: Buffer.from(group) }));
    expect(factsOf({ headers: twice }).group).toBeNull();
  });
});

describe('failureDigest', () => {
  const digestWith = (changes: Record<string, string | null>, bytes: { key?: Buffer | null; value?: Buffer | null } = {}) => {
    const headers = Object.entries({ ...sound, ...changes }).map(([name, value]) => ({ name, value: value === null ? null : Buffer.from(value) }));
    return failureDigest({ key: Buffer.from('key'), value: Buffer.from([0xff]), ...bytes, headers })?.toString('hex');
  };

  it('is the same for a letter that tells of the same failure at another time, with another error', () => {
    expect(digestWith({ dlq_failed_at: '2026-11-22T09:00:00Z', dlq_error: 'Error:other', dlq_attempts: '1' })).toBe(digestWith({}));
  });

  it('differs with the place, the group, the count, and with every byte of the message', () => {
    const changes: Record<string, string | null>[] = [{ dlq_topic: 'plinth.ai' }, { dlq_partition: '4' }, { dlq_offset: '1' }, { dlq_group: 'other' }, { dlq_replay_count: '3' }, { ce_id: '42' }, { more: '' }, { more: null }];
    const others = [
      ...changes.map((change) => digestWith(change)),
      ...[{ key: null }, { key: Buffer.from('') }, { value: null }, { value: Buffer.from([0xfe]) }].map((bytes) => digestWith({}, bytes)),
    ];
    expect(new Set([digestWith({}), ...others]).size).toBe(others.length + 1);
  });

  it.each(['dlq_topic', 'dlq_partition', 'dlq_offset', 'dlq_group'])('is none without a sound %s', (name) => {
    expect(digestWith({ [name]: '' })).toBeUndefined();
  });
});
