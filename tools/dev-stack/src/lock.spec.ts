import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { take, withLock, type LockHolder } from './lock.ts';
import { homeAt, type Home } from './paths.ts';
import { identityOf } from './processes.ts';

describe("a home's lock", () => {
  let home: Home;
  let path: string;
  beforeEach(() => {
    home = homeAt(mkdtempSync(join(tmpdir(), 'plinth-lock-')));
    path = join(home.root, 'lock');
  });
  afterEach(() => rmSync(home.root, { recursive: true }));
  const heldBy = (holder: Partial<LockHolder>): void => writeFileSync(path, JSON.stringify({ command: 'make up', since: 'now', ...holder }));

  it('is refused while its holder lives, with one line that names it', async () => {
    heldBy({ ...identityOf(process.pid) });
    await expect(withLock(home, 'make down', 0, async () => 'done')).rejects.toThrow(
      `"make up" (pid ${process.pid}, since now) is at work on ${home.root}: wait for it, or stop it: kill ${process.pid}`,
    );
    expect(existsSync(path)).toBe(true);
  });

  it.each([
    ['died', { pid: 2 ** 22 + 1, startTicks: 1 }],
    ['died, and whose pid another process has now', { pid: process.pid, startTicks: 1 }],
  ])('is taken over from a holder that %s', async (_, holder) => {
    heldBy(holder);
    await expect(withLock(home, 'make up', 0, async () => readFileSync(path, 'utf8'))).resolves.toContain(`"pid":${process.pid}`);
  });

  it('is taken over where the file is broken', () => {
    writeFileSync(path, '{"pid":');
    expect(take(path, 'make up')).toBeUndefined();
  });

  it('is given back when the work fails', async () => {
    await expect(withLock(home, 'make up', 0, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(existsSync(path)).toBe(false);
  });
});
