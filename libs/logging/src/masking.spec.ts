import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { looksSensitive, maskText, textOpaqueFrom } from './masking.js';
import { planted } from './testing.js';

const mask = (text: string) => maskText(text, { opaqueFrom: textOpaqueFrom });

describe('maskText', () => {
  it.each([
    ['user jane.doe+x@mail.example.com signed in', 'user [email] signed in'],
    ['jane%40mail.example', '[email]'],
    ['"jane doe"@mail.example', '[email]'],
    ['jürgen@müller.example', '[email]'],
    ['token eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl', 'token [jwt]'],
    ['plk_live_0123456789012345678901_abc', '[api_key]'],
    ['sk-proj-abcdef012345', '[api_key]'],
    ['AKIAIOSFODNN7EXAMPLE', '[api_key]'],
    ['Bearer abc123', '[credential]'],
    ['password=hunter2 host=db', 'password=[secret] host=db'],
    ['{"apiKey":"x1"}', '{"apiKey":[secret]'],
    ['postgres://app:p@ss/w@rd@db:5432/plinth', 'postgres://[userinfo]@db:5432/plinth'],
    ['/v1/tenants?email=x', '/v1/tenants?[query]'],
    ['4111 1111 1111 1111', '[card]'],
    ['card4111-1111-1111-1111x', 'card[card]x'],
    ['ref 12345555555555554444', 'ref [card]'],
    ['-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----', '[pem]'],
    ['-----BEGIN PRIVATE KEY----- MC4CAQAw', '[pem]'],
    [`sig ${Buffer.from('a signature of thirty-two bytes').toString('base64')}`, 'sig [opaque]'],
    ['9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', '[opaque]'],
    ['x'.repeat(257), '[long text]'],
  ])('masks %j', (text, masked) => {
    expect(mask(text)).toBe(masked);
  });

  it.each([
    'Mapped {/v1/tenants/:id/members, GET} route',
    'record-audit-entry-when-tenant-suspended',
    'RecordAuditEntryWhenTenantSuspendedV1Handler',
    'plinth.redrive.audit-service',
    'UNKNOWN_TOPIC_OR_PARTITION',
    'connect ECONNREFUSED 127.0.0.1:5432',
    '018f2c3a-1b2c-7d3e-8f4a-5b6c7d8e9f01',
    '1731590000000',
    'libs/database/dist/transactor.js:30:11',
    'The group is rebalancing, so a rejoin is needed',
  ])('leaves %j, which is of the code', (text) => {
    expect(mask(text)).toBe(text);
  });

  it('leaves nothing that breaks a line, moves a cursor or turns the direction', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        // eslint-disable-next-line no-control-regex -- control characters are what is looked for
        expect(mask(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/);
        expect(mask(text).isWellFormed()).toBe(true);
      }),
    );
  });

  it('lets no planted secret through, whatever stands around it', () => {
    const around = fc.string({ maxLength: 40 });
    fc.assert(
      fc.property(around, planted(), around, (before, secret, after) => {
        expect(mask(`${before} ${secret} ${after}`)).not.toContain(secret);
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes a value of 32 random bytes for a name at most once in 100 times', () => {
    const values = Array.from({ length: 20_000 }, () => randomBytes(32).toString('base64url'));
    expect(values.filter((value) => mask(value).includes(value)).length).toBeLessThan(200);
  });

  it('takes time in proportion to its text', () => {
    const worst = ['@'.repeat(256), 'a'.repeat(256), '4'.repeat(256), `://${'x@'.repeat(120)}`, '-'.repeat(256), 'eyJ.'.repeat(64), '"'.repeat(256)];
    const began = process.cpuUsage();
    for (let round = 0; round < 100; round++) for (const text of worst) mask(text);
    const { user, system } = process.cpuUsage(began);
    expect((user + system) / (100 * worst.length)).toBeLessThan(1_000); // microseconds of the processor, whoever else uses it
  });
});

describe('looksSensitive', () => {
  it.each(['01ARZ3NDEKTSV4RRFFQ69G5FAV', '0af7651916cd43dd8448eb211c80319c', 'req-018f2c3a-1b2c-7d3e-8f4a-5b6c7d8e9f01', 'order-42_retry.1'])('lets the id %s pass', (id) => {
    expect(looksSensitive(id)).toBe(false);
  });

  it.each(['plk_live_0123456789012345678901_abc', 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2ln', '4111111111111111', randomBytes(64).toString('base64url')])('does not let %s pass for an id', (id) => {
    expect(looksSensitive(id)).toBe(true);
  });
});
