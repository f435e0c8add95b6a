import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { kafkaLibsForTests } from '@plinth/dev-stack/testing';

const checkout = resolve(import.meta.dirname, '../../../..');
const notCopied = new Set(['node_modules', 'dist', '.nx', '.plinth', '.git', '.env']);

/** A checkout like this one, with the same packages installed, that may be changed. */
function copyOfCheckout(): string {
  const copy = mkdtempSync(join(tmpdir(), 'plinth-guide-'));
  cpSync(checkout, copy, { recursive: true, filter: (source) => !notCopied.has(basename(source)) });
  const [installed, modules] = [join(checkout, 'node_modules'), join(copy, 'node_modules')];
  mkdirSync(join(modules, '@plinth'), { recursive: true });
  for (const name of readdirSync(installed).filter((entry) => entry !== '@plinth' && entry !== '.plinth-package-lock.json')) symlinkSync(join(installed, name), join(modules, name));
  // Links of the workspace are relative, so that the copy's lead to the copy.
  cpSync(join(installed, '@plinth'), join(modules, '@plinth'), { recursive: true, verbatimSymlinks: true });
  cpSync(join(installed, '.plinth-package-lock.json'), join(modules, '.plinth-package-lock.json'));
  mkdirSync(join(copy, '.plinth'));
  symlinkSync(kafkaLibsForTests(), join(copy, '.plinth/kafka-libs'));
  return copy;
}

/** The lines of the guide's `sh` blocks. */
function commandsOf(guide: string): string[] {
  return [...guide.matchAll(/^```sh\n([^]*?)^```$/gm)].flatMap(([, block = '']) => block.trim().split('\n'));
}

describe('docs/guides/new-service.md', () => {
  const commands = commandsOf(readFileSync(join(checkout, 'docs/guides/new-service.md'), 'utf8'));
  let copy: string;
  beforeAll(() => {
    copy = copyOfCheckout();
  }, 300_000);
  afterAll(() => rmSync(copy, { recursive: true, force: true }), 120_000);

  const printed = new Map<string, string>();
  const said = (start: string) => [...printed].find(([line]) => line.startsWith(start))?.[1];

  // In this order, each on what those before it have left.
  it.each(commands)('%s', async (line) => {
    const env = { ...process.env, PLINTH_HOME: join(copy, '.plinth'), NX_DAEMON: 'false', NX_TUI: 'false', NODE_OPTIONS: '' };
    const { stdout, stderr } = await promisify(execFile)('sh', ['-c', line], { cwd: copy, env, maxBuffer: 64 * 1024 * 1024 }).catch((error: Error & { stdout?: string; stderr?: string }) => {
      throw new Error(`${line}: ${error.message}\n${error.stdout}\n${error.stderr}`);
    });
    printed.set(line, stdout + stderr);
  }, 900_000);

  it('has made a service whose own tests ran, all of them green, and that obeys the eight rules', () => {
    expect(said('make test-unit')).toMatch(/^[1-9]\d* passed, 0 failed$/m);
    expect(said('make test-integration')).toMatch(/^[1-9]\d* passed, 0 failed$/m);
    expect(said('make audit')).toMatch(/^notes\/notes +4\/4 /m);
    expect(said('make audit')).toMatch(/^plinth: (\d+) of \1 obey every rule that concerns them: 100 %/m);
  });
});
