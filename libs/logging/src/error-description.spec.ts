import fc from 'fast-check';
import { describeError, errorLabel } from './error-description.js';

const secret = 'jane@mail.example';

class QueryFailedError extends Error {
  override readonly name = 'QueryFailedError';
  readonly query = `INSERT INTO person VALUES ('${secret}')`;
  readonly parameters = [secret];

  constructor(readonly driverError: Error) {
    super(driverError.message);
  }
}

describe('describeError', () => {
  it('tells class, code and frames of an error and of the errors behind it', () => {
    const driver = Object.assign(new Error(`Key (email)=(${secret}) already exists`), { code: '23505', detail: secret, where: secret });
    const told = describeError(new Error(secret, { cause: new QueryFailedError(driver) }));
    expect(told).toMatchObject({ type: 'Error', cause: { type: 'QueryFailedError', cause: { type: 'Error', code: '23505' } } });
    expect(told.frames?.[0]).toMatch(/libs\/logging\/src\/error-description\.spec\.ts:\d+:\d+/);
    expect(JSON.stringify(told)).not.toContain('jane');
  });

  it('tells the errors that an AggregateError holds', () => {
    const told = describeError(new AggregateError([Object.assign(new Error(secret), { code: 'ECONNREFUSED' }), new TypeError(secret)], secret));
    expect(told).toMatchObject({ type: 'AggregateError', errors: [{ code: 'ECONNREFUSED' }, { type: 'TypeError' }] });
    expect(JSON.stringify(told)).not.toContain('jane');
  });

  it('takes no line of a message for a frame', () => {
    const forged = '\n    at hunter2 (/srv/app.js:1:1)';
    expect(JSON.stringify(describeError(new Error(`no such user${forged}`)))).not.toContain('hunter2');
    const changed = new Error(`no such user${forged}`);
    expect(changed.stack).toContain('hunter2'); // V8 makes the text when it is first read
    changed.message = 'another';
    expect(describeError(changed)).toEqual({ type: 'Error', frames: [] });
  });

  it('takes no name of a property that is data into a frame', () => {
    const handlers: Record<string, () => never> = {};
    handlers['jane at mail'] = () => {
      throw new Error('x');
    };
    handlers['hunter2'] = handlers['jane at mail'];
    let told = {};
    try {
      handlers['hunter2']();
    } catch (error) {
      told = describeError(error);
    }
    expect(told).toMatchObject({ frames: expect.arrayContaining([expect.stringContaining('error-description.spec.ts')]) });
    expect(JSON.stringify(told)).not.toMatch(/jane|hunter2/);
  });

  it('takes a name or a code only where it looks like one', () => {
    expect(describeError(Object.assign(new Error(), { name: secret, code: secret }))).toMatchObject({ type: 'Error' });
    expect(describeError(Object.assign(new Error(), { code: 'plk_live_abc' })).code).toBe('[api_key]');
    expect(describeError(Object.assign(new Error(), { code: 4111111111111111 })).code).toBeUndefined();
  });

  it('tells of what is no error its type alone, and of an error that cannot be read nothing', () => {
    expect(describeError(secret)).toEqual({ type: 'string' });
    expect(describeError(null)).toEqual({ type: 'null' });
    expect(describeError(Object.defineProperty(new Error(), 'code', { get: () => { throw new Error(); } }))).toEqual({ type: 'unreadable' });
  });

  it('ends with causes that go in a circle', () => {
    const error: Error & { cause?: unknown } = new Error('a');
    error.cause = new Error('b', { cause: error });
    expect(JSON.stringify(describeError(error)).split('"cause"')).toHaveLength(4);
  });

  it('tells nothing of any message, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 60 }), fc.string({ maxLength: 60 }), (before, after) => {
        const message = `${before}\n    at §planted (/x.js:1:1)\n${after}`;
        expect(JSON.stringify(describeError(new Error(message, { cause: new RangeError(message) })))).not.toContain('planted');
      }),
    );
  });
});

describe('errorLabel', () => {
  it('names class and code, those of a wrapped error too, and never the message', () => {
    expect(errorLabel(new TypeError(secret))).toBe('TypeError');
    expect(errorLabel(new Error(secret, { cause: Object.assign(new Error(secret), { code: '23505' }) }))).toBe('Error:23505');
    expect(errorLabel(secret)).toBe('UnknownError');
    expect(errorLabel(Object.assign(new Error(), { code: 'a\r\nb' }))).toBe('Error');
  });
});
