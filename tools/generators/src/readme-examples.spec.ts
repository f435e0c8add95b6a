import { errorsOf, readmeExamples } from './readme-examples.ts';

describe("the examples of the libraries' READMEs", () => {
  const examples = readmeExamples();
  let errors: ReadonlyMap<string, readonly string[]>;

  beforeAll(() => {
    errors = errorsOf([...examples, { library: 'kernel-broken', code: "import { newId } from '@plinth/kernel';\nconst id: number = newId();" }]);
  }, 600_000); // six seconds where nothing else runs

  it.each(examples.map(({ library }) => library))('of %s is there, some five lines at least, and compiles', (library) => {
    const lines = examples.find((example) => example.library === library)?.code.split('\n').filter((line) => line.trim() !== '') ?? [];
    expect(lines.length).toBeGreaterThanOrEqual(5);
    expect(errors.get(library)).toEqual([]);
  });

  it('are compiled indeed: one that is wrong is found out', () => {
    expect(errors.get('kernel-broken')?.join()).toContain("Type 'string' is not assignable to type 'number'");
  });
});
