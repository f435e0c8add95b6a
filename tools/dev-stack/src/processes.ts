import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, renameSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** A process and the moment of its start, in clock ticks since boot: a reused pid has another one. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: number;
}

/** A process of a stack that names its part in its environment. */
export interface MarkedProcess extends ProcessIdentity {
  readonly part: string;
}

/** The environment variable by which a process is known as part of a home, even when its record is lost. */
export const markerVariable = 'PLINTH_STACK_PART';

export function marker(homeRoot: string, part: string): string {
  return `${homeRoot}#${part}`;
}

/** The identity of a process that lives, or undefined where it is gone or a zombie. Source: proc(5), /proc/pid/stat. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const stat = readProc(pid, 'stat');
  return stat === undefined ? undefined : parseIdentity(pid, stat);
}

/** Field 3 (state) and field 22 (starttime) of a stat line; the command name before them may hold spaces and parentheses. */
export function parseIdentity(pid: number, stat: string): ProcessIdentity | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  if (state === undefined || state === 'Z' || state === 'X') return undefined;
  const startTicks = Number(fields[19]);
  return Number.isInteger(startTicks) ? { pid, startTicks } : undefined;
}

/** Whether this very process, not another one with its pid, lives. */
export function lives(identity: ProcessIdentity): boolean {
  return identityOf(identity.pid)?.startTicks === identity.startTicks;
}

export function allPids(): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
}

/** The processes of a home by their marker; those of other users are invisible, and not ours. */
export function findMarked(homeRoot: string, variable = markerVariable): MarkedProcess[] {
  return allPids().flatMap((pid) => {
    const part = markedPart(pid, variable);
    const prefix = marker(homeRoot, '');
    const identity = part?.startsWith(prefix) === true ? identityOf(pid) : undefined;
    return identity === undefined || part === undefined ? [] : [{ ...identity, part: part.slice(prefix.length) }];
  });
}

/** The marker in a process's environment: `<home>#<part>`. */
export function markedPart(pid: number, variable = markerVariable): string | undefined {
  const prefix = `${variable}=`;
  return readProc(pid, 'environ')?.split('\0').find((entry) => entry.startsWith(prefix))?.slice(prefix.length);
}

/** The processes whose working folder is this one: PostgreSQL's rewrite their environment, but stay in the data folder. */
export function findByWorkingFolder(folder: string): ProcessIdentity[] {
  return allPids().flatMap((pid) => {
    const identity = linkOf(pid, 'cwd')?.replace(/ \(deleted\)$/, '') === folder ? identityOf(pid) : undefined;
    return identity === undefined ? [] : [identity];
  });
}

/** A program and what it runs, for people: `nginx`, `node server.js`. The kernel's own name may be that of a thread. */
export function commandName(pid: number): string {
  const [program = '', ...args] = (readProc(pid, 'cmdline') ?? '').split('\0');
  const script = args.find((arg) => arg !== '' && !arg.startsWith('-'));
  const name = basename(program.split(' ')[0] ?? '') || readProc(pid, 'comm')?.trim() || 'a process';
  return (script === undefined ? name : `${name} ${script}`).slice(0, 80);
}

/** Proportional set size in KiB: what a process really costs, its share of shared pages included. */
export function pssKibOf(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(readProc(pid, 'smaps_rollup') ?? '')?.[1] ?? 0);
}

/** A process and all its descendants. */
export function familyOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const candidate of allPids()) {
    const stat = readProc(candidate, 'stat');
    const parent = Number(stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    children.set(parent, [...(children.get(parent) ?? []), candidate]);
  }
  const collect = (root: number): number[] => [root, ...(children.get(root) ?? []).flatMap(collect)];
  return collect(pid);
}

export interface LaunchOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly logFile: string;
  readonly uid?: number;
  readonly gid?: number;
}

/** Starts a process that outlives us, in a session of its own, its output in a log file. */
export async function launch(options: LaunchOptions): Promise<ProcessIdentity> {
  rotateLog(options.logFile);
  const log = openSync(options.logFile, 'a', 0o600);
  try {
    const child = spawn(options.command, options.args, {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ['ignore', log, log],
      ...(options.uid === undefined ? {} : { uid: options.uid }),
      ...(options.gid === undefined ? {} : { gid: options.gid }),
    });
    const pid = await pidOf(child);
    child.unref();
    // A process that died at once has no identity any more; the wait for its answer reports that.
    return identityOf(pid) ?? { pid, startTicks: -1 };
  } finally {
    closeSync(log);
  }
}

/**
 * Ends a process: the signal, then, after `graceMs`, SIGKILL. Resolves when it is gone.
 *
 * @returns whether the signal was enough
 * @throws Error where it outlives SIGKILL by 10 s (it hangs in the kernel)
 */
export async function endProcess(identity: ProcessIdentity, signal: NodeJS.Signals, graceMs: number): Promise<boolean> {
  send(identity, signal);
  // A stopped process would sit on the signal until the limit.
  send(identity, 'SIGCONT');
  if (await isGone(identity, graceMs)) return true;
  send(identity, 'SIGKILL');
  if (await isGone(identity, 10_000)) return false;
  throw new Error(`process ${identity.pid} does not end, not even by SIGKILL`);
}

/** Signals a process, if it still is this one. */
export function send(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!lives(identity)) return;
  try {
    process.kill(identity.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function isGone(identity: ProcessIdentity, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (lives(identity)) {
    if (performance.now() > deadline) return false;
    await pause(20);
  }
  return true;
}

function pidOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => resolve(child.pid as number));
  });
}

/** Keeps one older log: a stack that runs for weeks must not fill the disk. */
function rotateLog(path: string): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > 20_000_000) renameSync(path, `${path}.1`);
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}

function linkOf(pid: number, name: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/${name}`);
  } catch {
    return undefined;
  }
}
