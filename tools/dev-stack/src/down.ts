import { existsSync, rmSync } from 'node:fs';
import { withLock } from './lock.ts';
import { quiet, type Say } from './output.ts';
import { readRecord, removeRecord } from './part.ts';
import { homeAt, requireUsable, type Home } from './paths.ts';
import { eraseData, postgresProcesses } from './postgres.ts';
import { endProcess, findMarked, lives, type ProcessIdentity } from './processes.ts';
import { services } from './services.ts';

/** How a part is asked to end, and how long it may take. */
const endings: Readonly<Record<string, { signal: NodeJS.Signals; graceMs: number }>> = {
  kafka: { signal: 'SIGTERM', graceMs: 20_000 },
  postgres: { signal: 'SIGINT', graceMs: 15_000 }, // fast shutdown
};
const serviceEnding = { signal: 'SIGTERM', graceMs: 15_000 } as const;

/**
 * Stops all that runs of a home: services, then Kafka, then PostgreSQL, so that each still has what
 * it needs to finish. Processes whose record was lost are found by their marker.
 *
 * @returns the number of processes ended
 */
export async function stopStack(path: string, say: Say = quiet): Promise<number> {
  const home = homeAt(path);
  requireUsable(home);
  // No folder: then no lock either, but its processes may still run.
  if (!existsSync(home.root)) return stopAll(home, say);
  return withLock(home, 'make down', 0, () => stopAll(home, say));
}

/** Stops a stack and erases its data, secrets and logs. The Kafka jars stay. */
export async function resetStack(path: string, say: Say = quiet): Promise<void> {
  const home = homeAt(path);
  requireUsable(home);
  if (!existsSync(home.root)) return void (await stopAll(home, say));
  await withLock(home, 'make reset', 0, async () => {
    await stopAll(home, say);
    eraseData(home);
    for (const name of ['run', 'logs', 'secrets', 'kafka', 'compile-cache', 'stack.json', 'demo.json']) {
      rmSync(`${home.root}/${name}`, { recursive: true, force: true });
    }
  });
}

async function stopAll(home: Home, say: Say): Promise<number> {
  const known = services.map((service) => service.name);
  const others = findMarked(home.root).map((entry) => entry.part).filter((part) => part !== 'kafka' && part !== 'postgres');
  let ended = 0;
  for (const group of [[...new Set([...known, ...others])], ['kafka'], ['postgres']]) ended += await stopParts(home, group, say);
  rmSync(home.stackFile, { force: true });
  return ended;
}

/** Stops these parts at the same time. */
export async function stopParts(home: Home, parts: readonly string[], say: Say = quiet): Promise<number> {
  const counts = await Promise.all(parts.map((part) => stopPart(home, part, say)));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function stopPart(home: Home, part: string, say: Say): Promise<number> {
  const processes = processesOf(home, part);
  const { signal, graceMs } = endings[part] ?? serviceEnding;
  const clean = await Promise.all(processes.map((process) => endProcess(process, signal, graceMs)));
  // Backends that outlive their killed postmaster see it only after a moment.
  const left = part === 'postgres' ? postgresProcesses(home) : [];
  await Promise.all(left.map((process) => endProcess(process, 'SIGQUIT', 2_000)));
  removeRecord(home, part);
  if (processes.length > 0) say(`${part} ${clean.includes(false) ? `killed (it did not end within ${graceMs / 1000} s)` : 'stopped'}`);
  return processes.length;
}

/** A part's processes: the recorded one, if it still is that one, and all others that bear its mark. */
export function processesOf(home: Home, part: string): ProcessIdentity[] {
  const record = readRecord(home, part);
  const recorded = record !== undefined && lives(record) ? [record] : [];
  const marked = findMarked(home.root).filter((entry) => entry.part === part);
  const found = [...recorded, ...marked, ...(recorded.length === 0 && part === 'postgres' ? postgresProcesses(home) : [])];
  return [...new Map(found.map((entry) => [entry.pid, entry])).values()];
}
