import { addImport, addNames, appendToList } from './source-text.ts';

describe('adding to a list', () => {
  it.each([
    ['one line', 'const a = [b, c];\n', 'const a = [b, c, d];\n'],
    ['an empty one', 'const a = [];\n', 'const a = [d];\n'],
    ['lines', 'const a = [\n  b,\n];\n', 'const a = [\n  b,\n  d,\n];\n'],
    ['lines without a last comma', 'const a = [\n  b\n];\n', 'const a = [\n  b,\n  d,\n];\n'],
    ['brackets in texts and comments', "const a = [\n  b, // ]\n  ']',\n];\n", "const a = [\n  b, // ]\n  ']',\n  d,\n];\n"],
    ['lists in it', 'const a = [\n  f({ x: [1] }),\n];\nconst z = [];\n', 'const a = [\n  f({ x: [1] }),\n  d,\n];\nconst z = [];\n'],
  ])('of %s', (_, before, after) => {
    expect(appendToList(before, 'const a = [', 'd')).toBe(after);
  });

  it('says which place is gone', () => {
    expect(() => appendToList('const b = [];', 'const a = [', 'd')).toThrow('there is no "const a = [" any more');
  });
});

describe('adding an import', () => {
  const text = "import { a } from './a.js';\nimport {\n  b,\n} from './b.js';\n\ncode();\n";

  it('stands after the last, once', () => {
    const added = addImport(text, "import { c } from './c.js';");
    expect(added).toContain("} from './b.js';\nimport { c } from './c.js';\n\ncode();");
    expect(addImport(added, "import { c } from './c.js';")).toBe(added);
  });

  it('joins what is imported from the same file', () => {
    expect(addNames(text, 'import', ['c'], './b.js')).toContain("import { b, c } from './b.js';\n");
    expect(addNames(text, 'import', ['c'], './c.js')).toContain("import { c } from './c.js';\n");
  });

  it('is an export at the end where there is none from that file', () => {
    expect(addNames("export { a } from './a.js';\n", 'export', ['C', 'type D'], './c.js')).toBe("export { a } from './a.js';\nexport { C, type D } from './c.js';\n");
  });
});
