import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { UserError } from './output.ts';
import type { Home } from './paths.ts';
import { identityOf, lives, type ProcessIdentity } from './processes.ts';

/** Who holds a home's lock, and for what. */
export interface LockHolder extends ProcessIdentity {
  readonly command: string;
  readonly since: string;
}

/**
 * Runs `work` while no other command changes this home. A lock whose holder is dead is taken over.
 *
 * @param waitMs how long to wait for a living holder; 0 refuses at once
 * @throws UserError that names the holder
 */
export async function withLock<T>(home: Home, command: string, waitMs: number, work: () => Promise<T>): Promise<T> {
  const path = `${home.root}/lock`;
  const deadline = performance.now() + waitMs;
  for (let holder = take(path, command); holder !== undefined; holder = take(path, command)) {
    if (performance.now() >= deadline) {
      throw new UserError(`"${holder.command}" (pid ${holder.pid}, since ${holder.since}) is at work on ${home.root}: wait for it, or stop it: kill ${holder.pid}`);
    }
    await pause(100);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** Takes the lock, or says who has it. `link` fails where the name exists, so two takers never both succeed. */
export function take(path: string, command: string): LockHolder | undefined {
  const own = identityOf(process.pid);
  if (own === undefined) throw new Error('/proc does not show this process');
  const mine: LockHolder = { ...own, command, since: new Date().toISOString() };
  const candidate = `${path}.${process.pid}`;
  try {
    writeFileSync(candidate, JSON.stringify(mine), { mode: 0o600 });
    for (;;) {
      try {
        linkSync(candidate, path);
        return undefined;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const holder = readHolder(path);
      if (holder !== undefined && lives(holder)) return holder;
      removeStale(path, holder);
    }
  } finally {
    rmSync(candidate, { force: true });
  }
}

/** Moves a dead holder's lock aside; where another taker was quicker, its fresh lock is put back. */
function removeStale(path: string, seen: LockHolder | undefined): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = readHolder(aside);
  if (moved !== undefined && moved.pid !== seen?.pid && lives(moved)) {
    try {
      linkSync(aside, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  rmSync(aside, { force: true });
}

function readHolder(path: string): LockHolder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as LockHolder;
  } catch {
    return undefined;
  }
}
