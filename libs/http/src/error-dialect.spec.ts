import { Problem, type ErrorKind } from '@plinth/kernel';
import { encodeError } from './error-dialect.js';

describe('encodeError in the dialect of OFREP', () => {
  const encode = (problem: Problem, path = '/ofrep/v1/evaluate/flags/new-trail') => {
    const { contentType, body } = encodeError('ofrep', problem, path, 'r');
    expect(contentType).toBe('application/json; charset=utf-8');
    return JSON.parse(body) as unknown;
  };

  it('tells the flag that was asked for, the code that the failure names, and details for people', () => {
    const problem = new Problem('flag_not_found', 'not_found', 'There is no such flag.', { members: { errorCode: 'FLAG_NOT_FOUND' } });
    expect(encode(problem)).toEqual({ key: 'new-trail', errorCode: 'FLAG_NOT_FOUND', errorDetails: 'There is no such flag.' });
    expect(encode(problem, '/ofrep/v1/evaluate/flags')).toEqual({ errorCode: 'FLAG_NOT_FOUND', errorDetails: 'There is no such flag.' });
    expect(encode(problem, '/ofrep/v1/evaluate/flags/theme-2')).toMatchObject({ key: 'theme-2' });
    for (const pasted of ['jane%40mail.example', 'a%20b', '%zz', 'plk_live_0123456789', 'NoKey', '4111111111111111']) expect(encode(problem, `/ofrep/v1/evaluate/flags/${pasted}`)).toMatchObject({ key: '~' });
  });

  it.each<[ErrorKind, string]>([
    ['malformed', 'PARSE_ERROR'],
    ['unauthenticated', 'GENERAL'],
    ['throttled', 'GENERAL'],
    ['internal', 'GENERAL'],
  ])('tells %s as %s where it names none', (kind, errorCode) => {
    expect(encode(new Problem('x', kind))).toMatchObject({ errorCode });
  });
});

describe('encodeError in the dialect of OpenAI', () => {
  const encode = (problem: Problem) => JSON.parse(encodeError('openai', problem, '/v1/chat/completions', 'r').body) as unknown;

  it('tells message, type, parameter and code', () => {
    const problem = new Problem('model_not_found', 'not_found', 'There is no such model.', { members: { param: 'model' } });
    expect(encode(problem)).toEqual({
      error: { message: 'There is no such model.', type: 'invalid_request_error', param: 'model', code: 'model_not_found' },
    });
  });

  it('names the first invalid field where nothing else is named', () => {
    const problem = new Problem('validation_failed', 'invalid', 'No.', { errors: [{ pointer: '/messages/0', detail: 'is missing' }] });
    expect(encode(problem)).toMatchObject({ error: { param: 'messages.0' } });
  });

  it('answers every wrong credential with the code that clients look for', () => {
    for (const code of ['api_key_invalid', 'token_expired', 'authentication_required']) {
      expect(encode(new Problem(code, 'unauthenticated', 'No.'))).toMatchObject({ error: { type: 'authentication_error', code: 'invalid_api_key' } });
    }
  });

  it.each<[ErrorKind, string]>([
    ['forbidden', 'permission_error'],
    ['throttled', 'rate_limit_error'],
    ['bad_gateway', 'server_error'],
    ['unavailable', 'server_error'],
    ['gateway_timeout', 'server_error'],
    ['too_large', 'invalid_request_error'],
  ])('types %s as %s', (kind, type) => {
    expect(encode(new Problem('x', kind))).toMatchObject({ error: { type, code: 'x', param: null } });
  });

  it('tells a quota that is used up from a throttle, by the type that clients look for', () => {
    expect(encode(new Problem('quota_exhausted', 'throttled'))).toMatchObject({ error: { type: 'insufficient_quota', code: 'quota_exhausted' } });
  });

  it('leaves every other route its problem documents', () => {
    const { contentType, body } = encodeError('problem', new Problem('x', 'forbidden'), '/p', 'r');
    expect(contentType).toMatch(/^application\/problem\+json/);
    expect(JSON.parse(body)).toMatchObject({ code: 'x', status: 403, instance: '/p', requestId: 'r' });
  });
});
