import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resetStack } from './down.ts';
import { readJson, writeJson } from './files.ts';
import { say, UserError } from './output.ts';
import { createHome, homeAt, type Home } from './paths.ts';
import { baseDistance, findFreeBase, postgresOffset, testCollectorOffset } from './ports.ts';
import { embeddedDatabaseUrl } from './postgres.ts';
import { endProcess, findMarked, identityOf, lives, marker, type ProcessIdentity } from './processes.ts';
import { homeFrom, readEnvironment, savedSettings } from './settings.ts';
import { brokersOf } from './up.ts';
import { runMarkerVariable, runUp } from './up-command.ts';

const prefix = 'plinth-test-';
const ownerFile = 'owner.json';
// Not 10080: fetch refuses that port (WHATWG Fetch, "port blocking"), and none from here on.
const lowestBase = 12_080;
const bases = 90;

export interface TestStackOptions {
  readonly started?: (child: ChildProcess) => void;
  readonly traced?: boolean;
}

/** A fresh home below the system's temporary folder, marked with our process, so that a later run can clear it away. */
export function createTestHome(): Home {
  const home = homeAt(mkdtempSync(join(tmpdir(), prefix)));
  createHome(home);
  writeJson(join(home.root, ownerFile), identityOf(process.pid));
  return home;
}

/** What a tier's Jest gets in its environment, by which it and its workers are found when they outlive the run. */
export function runMarker(home: Home): Record<string, string> {
  return { [runMarkerVariable]: marker(home.root, 'tests') };
}

export async function removeTestHome(home: Home): Promise<void> {
  await Promise.all(findMarked(home.root, runMarkerVariable).map((left) => endProcess(left, 'SIGKILL', 0)));
  await resetStack(home.root);
  rmSync(home.root, { recursive: true, force: true });
}

/** Stops and erases what earlier runs left that were killed with SIGKILL. */
export async function removeAbandonedHomes(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(prefix))) {
    const folder = join(tmpdir(), name);
    if (statSync(folder, { throwIfNoEntry: false })?.uid !== process.getuid?.()) continue;
    const owner = readJson<ProcessIdentity>(join(folder, ownerFile));
    if (owner === undefined || lives(owner)) continue;
    say(`clearing away ${folder}, which an earlier test run left`);
    await removeTestHome(homeAt(folder));
  }
}

/**
 * Starts a stack on free ports, in a process of its own so that it can be interrupted, apart from all
 * that `.env` and the environment say about the developer's own stack.
 *
 * @param options.traced its services send their traces to `testCollectorOffset`, whether or not somebody listens there
 */
export async function startTestStack(home: Home, { started, traced = false }: TestStackOptions = {}): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const portBase = await someFreeBase();
    const passThrough: Record<string, string> = traced ? { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${portBase + testCollectorOffset}` } : {};
    const settings = { portBase, kafkaLibs: homeFrom(readEnvironment()).kafkaLibs, passThrough };
    const [code, output] = await runUp(home, settings, started === undefined ? {} : { started });
    if (code === 0) return;
    // Somebody else may have taken a port since we looked.
    if (attempt === 3 || !/ports? \d.* taken by/.test(output)) throw new UserError(`the stack for the tests did not come up:\n${output.trimEnd()}`);
  }
}

/** Where the tests find the PostgreSQL and Kafka of a test home. */
export function testServers(home: Home): { databaseUrl: string; kafkaBrokers: readonly string[] } {
  const settings = savedSettings(home);
  if (settings === undefined) throw new UserError(`nothing was started in ${home.root}`);
  return { databaseUrl: embeddedDatabaseUrl(home, settings.portBase + postgresOffset), kafkaBrokers: brokersOf(settings) };
}

/** From a random place, so that several runs that start together rarely meet. */
async function someFreeBase(): Promise<number> {
  const first = lowestBase + baseDistance * Math.floor(Math.random() * bases);
  const base = (await findFreeBase(first)) ?? (await findFreeBase(lowestBase));
  if (base === undefined) throw new UserError('no free ports for the tests below 32768');
  return base;
}
