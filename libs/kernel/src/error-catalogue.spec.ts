import { defineErrors } from './error-catalogue.js';
import { statusOf, treatmentOf, type ErrorKind } from './error-kind.js';
import { Problem, type FieldError } from './problem.js';

const errors = defineErrors({
  gone: { code: 'thing_gone', kind: 'not_found', detail: 'There is no such thing.', remedy: 'Look elsewhere.' },
  busy: { code: 'thing_busy', kind: 'unavailable', detail: 'The thing is busy.', remedy: 'Wait.', headers: { 'retry-after': '1' } },
  bad: {
    code: 'thing_bad',
    kind: 'invalid',
    detail: 'The thing is bad.',
    remedy: 'Mend it.',
    headers: { 'x-thing': 'bad' },
    with: (name: string, fields: readonly FieldError[]) => ({ detail: `${name} is bad.`, errors: fields, headers: { 'retry-after': '5' } }),
  },
});

describe('defineErrors', () => {
  it('makes a problem of each entry', () => {
    const problem = errors.gone();
    expect(problem).toBeInstanceOf(Problem);
    expect(problem).toMatchObject({ code: 'thing_gone', kind: 'not_found', status: 404, detail: 'There is no such thing.', extra: {} });
  });

  it('gives each its own headers', () => {
    expect(errors.busy().extra.headers).toEqual({ 'retry-after': '1' });
  });

  it('adds what the occurrence says, over what the definition says', () => {
    const { detail, extra } = errors.bad('Saw', [{ pointer: '/teeth', detail: 'are gone' }]);
    expect(detail).toBe('Saw is bad.');
    expect(extra).toEqual({ errors: [{ pointer: '/teeth', detail: 'are gone' }], headers: { 'x-thing': 'bad', 'retry-after': '5' } });
  });

  it('keeps the definition of each entry for the documents', () => {
    expect(errors.bad.definition).toEqual({ code: 'thing_bad', kind: 'invalid', detail: 'The thing is bad.', remedy: 'Mend it.', headers: { 'x-thing': 'bad' } });
  });
});

describe('the table of kinds', () => {
  it('gives up an event at once where the message is at fault, and no other', () => {
    expect((['malformed', 'invalid', 'too_large'] as const).map((kind) => treatmentOf(kind).onKafka)).toEqual(['dead_letter', 'dead_letter', 'dead_letter']);
    expect((['internal', 'unavailable', 'not_found', 'conflict'] as const).map((kind) => treatmentOf(kind).onKafka)).toEqual(['retry', 'retry', 'retry', 'retry']);
  });

  it('logs loudly what an operator must act on, and softly what is the caller’s matter', () => {
    expect((['internal', 'unavailable', 'invalid'] as const).map((kind) => treatmentOf(kind).logLevel)).toEqual(['error', 'warn', 'debug']);
  });

  it('knows no other kind', () => {
    expect(() => statusOf('surprising' as ErrorKind)).toThrow('unexpected value');
  });
});
