import { errorFaults, errorsIn, errorsPage } from './errors.ts';

const gone = { code: 'thing_gone', kind: 'not_found', detail: 'It is | gone.', remedy: 'Look elsewhere.' };
const entry = (definition: object) => Object.assign(() => undefined, { definition });
const statusOf = (kind: string) => (kind === 'not_found' ? 404 : 409);

describe('the document of errors', () => {
  it('takes the entries of catalogues among the exports and nothing else', () => {
    const module = { thingErrors: { gone: entry(gone) }, text: 'x', nothing: null, helper: () => undefined, table: { a: 1, run: () => undefined } };
    expect(errorsIn(module)).toEqual([gone]);
  });

  it('shows code, status, meaning and remedy under the owner, by status', () => {
    const page = errorsPage([{ owner: '@plinth/thing', errors: [{ ...gone, code: 'thing_taken', kind: 'conflict' }, gone] }], statusOf);
    expect(page).toContain(
      '## @plinth/thing\n\n| code | status | meaning | what to do |\n|---|---|---|---|\n| `thing_gone` | 404 | It is \\| gone. | Look elsewhere. |\n| `thing_taken` | 409 |',
    );
  });

  it.each([
    ['a code that is not snake_case', { code: 'thingGone' }, 'snake_case'],
    ['a meaning that is no sentence', { detail: 'gone' }, 'detail must be a sentence'],
    ['a remedy that is no sentence', { remedy: '' }, 'remedy must be a sentence'],
  ])('refuses %s', (_, change, text) => {
    expect(errorFaults([{ owner: 'lib', errors: [{ ...gone, ...change }] }])).toEqual([expect.stringContaining(text)]);
  });

  it('refuses one code in two catalogues or twice under one kind, and nothing that is in order', () => {
    expect(errorFaults([{ owner: 'one', errors: [gone, { ...gone, kind: 'conflict' }] }])).toEqual([]);
    expect(errorFaults([{ owner: 'one', errors: [gone] }, { owner: 'two', errors: [gone] }])).toEqual([expect.stringContaining('defined by one already')]);
    expect(errorFaults([{ owner: 'one', errors: [gone, gone] }])).toEqual([expect.stringContaining('defined by one already')]);
  });
});
