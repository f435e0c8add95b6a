import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { filesIn, readJson, writeJson } from './files.ts';
import { UserError } from './output.ts';
import { logFile, type Home } from './paths.ts';
import { ownerOf } from './ports.ts';
import { commandName, endProcess, familyOf, findMarked, lives, type ProcessIdentity } from './processes.ts';

/** One process of a stack: PostgreSQL, Kafka or a service. */
export interface Part {
  readonly name: string;
  readonly title: string;
  readonly port: number;
  /** Changes with all that a restart would bring into effect: build, configuration, secrets. */
  readonly fingerprint: string;
  readonly stopSignal: NodeJS.Signals;
  /** How long a stop may take before SIGKILL. */
  readonly graceMs: number;
  /** How long a start may take, recovery after a crash on a busy machine included. */
  readonly readyWithinMs: number;
  /** How often a start that ends early is tried again. */
  readonly launchAttempts: number;
  /** Resolves where the part does its work now. @throws why not; a UserError where waiting cannot help */
  probe(): Promise<void>;
  launch(): Promise<ProcessIdentity>;
  /** Its processes that carry no marker. */
  unmarked(): ProcessIdentity[];
  /** What its log says of a fault that a person can mend: cause and remedy, without a full stop. */
  faultIn?(log: string): string | undefined;
}

/** What a home knows of a part that it started. */
export interface PartRecord extends ProcessIdentity {
  readonly part: string;
  readonly port: number;
  readonly fingerprint: string;
}

export type Outcome = 'kept' | 'started' | 'restarted';

/** How long a living part may take to answer before it counts as hung. */
const answersWithinMs = 5_000;
const hungGraceMs = 3_000;

/**
 * Leaves a part running that lives, answers and is what it should be; else ends what is left of it and starts it.
 *
 * @throws UserError with the last lines of its log where it does not come up
 */
export async function ensurePart(home: Home, part: Part): Promise<Outcome> {
  const record = readRecord(home, part.name);
  if (record !== undefined && lives(record)) {
    const current = record.fingerprint === part.fingerprint;
    if (current && (await failureToAnswer(part, record, answersWithinMs)) === undefined) {
      await endStrays(home, part, record);
      return 'kept';
    }
    // One that does not answer will hardly stop cleanly either.
    await endProcess(record, part.stopSignal, current ? hungGraceMs : part.graceMs);
  }
  await endStrays(home, part, undefined);
  await startPart(home, part);
  return record === undefined ? 'started' : 'restarted';
}

async function startPart(home: Home, part: Part): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const logStart = sizeOf(logFile(home, part.name));
    const identity = await part.launch();
    writeRecord(home, { ...identity, part: part.name, port: part.port, fingerprint: part.fingerprint });
    const failure = await failureToAnswer(part, identity, part.readyWithinMs);
    if (failure === undefined) return;
    if (lives(identity) || attempt >= part.launchAttempts) throw startFailure(home, part, failure, logStart);
    await pause(300 * attempt);
  }
}

/** Ends processes of this part other than `keep`: their record was lost, or another start left them. */
async function endStrays(home: Home, part: Part, keep: ProcessIdentity | undefined): Promise<void> {
  const kept = new Set(keep === undefined ? [] : familyOf(keep.pid));
  const strays = findMarked(home.root).filter((entry) => entry.part === part.name && !kept.has(entry.pid));
  const unmarked = keep === undefined ? part.unmarked() : [];
  await Promise.all([...strays, ...unmarked].map((stray) => endProcess(stray, part.stopSignal, part.graceMs)));
}

/** Waits for the first answer. Returns why there was none: the process ended, or the time was over. */
export async function failureToAnswer(part: Part, identity: ProcessIdentity, withinMs: number): Promise<string | undefined> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      await part.probe();
      if (!lives(identity)) return 'it ended while starting';
      const owner = ownerOf(part.port)?.pid;
      if (owner === undefined || owner === identity.pid) return undefined;
      // Somebody else answers there; ours will fail to listen in a moment.
      throw new Error(`port ${part.port} is taken by ${commandName(owner)} (pid ${owner})`);
    } catch (error) {
      if (error instanceof UserError) throw error;
      if (!lives(identity)) return 'it ended while starting';
      if (performance.now() > deadline) return `it does not answer (${(error as Error).message})`;
    }
    await pause(40);
  }
}

function startFailure(home: Home, part: Part, failure: string, logStart: number): UserError {
  const path = logFile(home, part.name);
  const known = part.faultIn?.(writtenSince(path, logStart));
  if (known !== undefined) return new UserError(`${part.title} is not up: ${known}. Its log: ${path}`);
  const lines = lastLines(path, 8, logStart).map((line) => `\n  | ${line}`).join('');
  return new UserError(`${part.title} is not up: ${failure}. Its log: ${path}${lines}`);
}

/** The last lines of a file that were written at or after an offset, cut to a screen's width or two. */
export function lastLines(path: string, count: number, from = 0): string[] {
  const text = writtenSince(path, from).trimEnd();
  return text === '' ? [] : text.split('\n').slice(-count).map((line) => line.slice(0, 400));
}

/** What a file holds from an offset on; all of it where it is shorter, for then it is another file. */
function writtenSince(path: string, from: number): string {
  if (!existsSync(path)) return '';
  const content = readFileSync(path);
  return content.subarray(content.length >= from ? from : 0).toString('utf8');
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

export function readRecord(home: Home, part: string): PartRecord | undefined {
  return readJson<PartRecord>(recordFile(home, part));
}

export function readRecords(home: Home): PartRecord[] {
  const names = filesIn(home.run).filter((name) => name.endsWith('.part.json'));
  return names.flatMap((name) => readJson<PartRecord>(join(home.run, name)) ?? []);
}

export function writeRecord(home: Home, record: PartRecord): void {
  mkdirSync(home.run, { recursive: true, mode: 0o700 });
  writeJson(recordFile(home, record.part), record);
}

export function removeRecord(home: Home, part: string): void {
  rmSync(recordFile(home, part), { force: true });
}

function recordFile(home: Home, part: string): string {
  return join(home.run, `${part}.part.json`);
}
