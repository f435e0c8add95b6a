import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { rules } from './index.ts';

const folder = resolve(import.meta.dirname, '../fixtures');
const fixtures = readdirSync(folder).filter((file) => /\.(?:bad|good)\.ts$/.test(file));
const bad = fixtures.filter((file) => file.endsWith('.bad.ts'));
const good = fixtures.filter((file) => file.endsWith('.good.ts'));

/** The rules that a fixture's first line says it breaks. */
function broken(file: string): string[] {
  const [line = ''] = readFileSync(join(folder, file), 'utf8').split('\n', 1);
  return (/; breaks (?<rules>.+)$/.exec(line)?.groups?.['rules'] ?? '').split(' ').filter(Boolean).sort();
}

describe('The fence that eslint.config.mjs builds', () => {
  let reported: Readonly<Record<string, readonly string[]>>;

  beforeAll(() => {
    // Node's own type stripping runs it; Jest's flags and transforms are not wanted there.
    const output = execFileSync(process.execPath, [join(import.meta.dirname, 'lint-fixtures.ts')], { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } });
    reported = JSON.parse(output) as typeof reported;
  }, 120_000);

  it.each(bad)('stops %s by the rule it breaks and by no other', (file) => {
    expect(broken(file)).not.toEqual([]);
    expect(reported[file]).toEqual(broken(file));
  });

  it.each(good)('lets %s through', (file) => {
    expect(reported[file]).toEqual([]);
  });

  it.each(Object.keys(rules))('has a file that breaks plinth/%s and one that keeps it', (rule) => {
    expect(broken(`${rule}.bad.ts`)).toEqual([`plinth/${rule}`]);
    expect(good).toContain(`${rule}.good.ts`);
  });
});
