import { accessSync, chmodSync, constants, mkdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from './output.ts';

/** The checkout that this file belongs to. */
export const repoRoot = resolve(import.meta.dirname, '../../..');

/** The Node of the lockfile, whatever Node started us: services run on nothing else. */
export const nodeBinary = join(repoRoot, 'node_modules/.bin/node');

/** Where the parts of one stack keep what they keep. Everything below `root` is readable by its owner alone. */
export interface Home {
  readonly root: string;
  readonly run: string;
  readonly logs: string;
  readonly secrets: string;
  /** E-mail that was sent, a file each, while no server is named. */
  readonly mail: string;
  readonly kafka: string;
  readonly postgres: string;
  readonly kafkaLibs: string;
  readonly stackFile: string;
  readonly settingsFile: string;
  readonly demoFile: string;
}

/** Names the files of a home, which need not exist; symbolic links on the way to it are resolved, for its path is its identity. */
export function homeAt(path: string): Home {
  const absolute = resolve(repoRoot, path);
  const root = realPath(absolute);
  return {
    root,
    run: join(root, 'run'),
    logs: join(root, 'logs'),
    secrets: join(root, 'secrets'),
    mail: join(root, 'mail'),
    kafka: join(root, 'kafka'),
    postgres: join(root, 'postgres'),
    kafkaLibs: join(root, 'kafka-libs'),
    stackFile: join(root, 'stack.json'),
    settingsFile: join(root, 'run/settings.json'),
    demoFile: join(root, 'demo.json'),
  };
}

/** @throws UserError where the folder cannot be made or written, or belongs to somebody else */
export function createHome(home: Home): void {
  try {
    mkdirSync(home.root, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusable(home, error);
  }
  requireUsable(home);
  const owner = statSync(home.root).uid;
  if (owner !== process.getuid?.()) {
    throw new UserError(`${home.root} belongs to user ${owner}: run as that user, or choose another folder with PLINTH_HOME`);
  }
  chmodSync(home.root, 0o700);
  // What these throw names the folder; `runCommand` makes a line of it.
  for (const folder of [home.run, home.logs, home.secrets]) mkdirSync(folder, { recursive: true, mode: 0o700 });
}

/** @throws UserError where the home is there, but is no folder that we may read and write */
export function requireUsable(home: Home): void {
  try {
    // The slash: a file in its place is an error too.
    accessSync(`${home.root}/`, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unusable(home, error);
  }
}

function unusable({ root }: Home, error: unknown): UserError {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (['EEXIST', 'ENOTDIR'].includes(code)) return new UserError(`${root} is no folder, or lies below a file: move the file away, or choose another folder with PLINTH_HOME`);
  if (code === 'ENOSPC') return new UserError(`${root} cannot be made, the disk is full: free some space, or choose another folder with PLINTH_HOME`);
  return new UserError(`${root} cannot be read and written by user ${process.getuid?.()}: run as its owner, give the rights back (chmod 700 ${root}), or choose another folder with PLINTH_HOME`);
}

export function logFile(home: Home, part: string): string {
  return join(home.logs, `${part}.log`);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), basename(path));
  }
}
