import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { writeDatabaseUrls } from './database-urls.ts';
import { stopParts } from './down.ts';
import { claimDatabase, claimantOf, refuseUnusableServers } from './external-parts.ts';
import { kafkaPart } from './kafka.ts';
import { withLock } from './lock.ts';
import { quiet, secondsSince, UserError, type Say } from './output.ts';
import { ensurePart, lastLines, readRecord, readRecords, type Part } from './part.ts';
import { createHome, homeAt, logFile, repoRoot, type Home } from './paths.ts';
import { baseDistance, findFreeBase, findTaken, kafkaControllerOffset, kafkaOffset, postgresOffset, simulatorOffset, takenMessage, type PortUse } from './ports.ts';
import { createDatabase, embeddedDatabaseUrl, postgresPart } from './postgres.ts';
import { findMarked, lives } from './processes.ts';
import { bootstrapOperator, migrateAll, operatorOf, provision } from './provision.ts';
import { ensureSecrets } from './secrets.ts';
import { seedDemo } from './seed.ts';
import { probeHealth, servicePart } from './service-part.ts';
import { serviceUrls, services } from './services.ts';
import { simulatorPart, wantsSimulator } from './simulator-part.ts';
import { readEnvironment, saveSettings, settingsFrom, type Environment, type Settings } from './settings.ts';
import { writeStackFile, type StackFacts } from './stack-file.ts';

export interface StartOptions {
  /** The folder of the stack's data; made if missing. */
  readonly home: string;
  /** What contract.md names ("Environment"); `.env` and the process's by default. */
  readonly environment?: Environment;
  readonly portBase?: number;
  /** A folder with the Kafka jars of another home, so that they are not fetched again. */
  readonly kafkaLibs?: string;
  /** Builds the checkout while PostgreSQL and Kafka start. */
  readonly build?: boolean;
  readonly say?: Say;
}

/** Stands for never: a start takes seconds, and on a machine that is busy otherwise a minute. */
const readyWithinMs = 120_000;

/**
 * Brings a stack to what its settings say and waits until every service is ready: starts what is
 * missing, restarts what died, hangs, or has another build or configuration, leaves the rest alone.
 *
 * @throws UserError with the cause; what did start keeps running, so that it can be looked at and mended
 */
export async function startStack(options: StartOptions): Promise<StackFacts> {
  const home = homeAt(options.home);
  const environment = options.environment ?? readEnvironment();
  const settings: Settings = {
    ...settingsFrom(environment, home),
    ...(options.portBase === undefined ? {} : { portBase: options.portBase }),
    ...(options.kafkaLibs === undefined ? {} : { kafkaLibs: options.kafkaLibs }),
  };
  createHome(home);
  return withLock(home, 'make up', 0, async () => {
    await refuseTakenPorts(home, settings);
    await refuseUnusableServers(home, settings);
    ensureSecrets(home, environment);
    saveSettings(home, settings);
    return bringUp(home, settings, options.build ?? false, options.say ?? quiet);
  });
}

async function bringUp(home: Home, settings: Settings, withBuild: boolean, say: Say): Promise<StackFacts> {
  await stopUnwanted(home, settings);
  const adminUrl = settings.databaseUrl ?? embeddedDatabaseUrl(home, settings.portBase + postgresOffset);
  const brokers = brokersOf(settings);
  const built = withBuild ? build(say) : Promise.resolve();
  await allOrFirstFailure([built, startKafka(home, settings, say), startDatabase(home, settings, adminUrl, built, say)]);
  if (wantsSimulator(settings)) await ensure(home, simulatorPart(home, settings), say);
  await startServices(home, settings, brokers, say);

  const gatewayUrl = serviceUrls(settings.portBase)['gateway'] as string;
  const facts: StackFacts = {
    gatewayUrl,
    databaseUrl: adminUrl,
    kafkaBrokers: brokers,
    services: Object.fromEntries(
      Object.entries(serviceUrls(settings.portBase)).map(([name, url]) => [name, { url, pid: readRecord(home, name)?.pid ?? 0 }]),
    ),
    demo: await seedDemo(home, gatewayUrl),
    operator: operatorOf(home),
  };
  writeStackFile(home, facts);
  return facts;
}

/** PostgreSQL, then, once the build is there, schemas, roles, migrations and the operator. */
async function startDatabase(home: Home, settings: Settings, adminUrl: string, built: Promise<void>, say: Say): Promise<void> {
  if (settings.databaseUrl === undefined) {
    const port = settings.portBase + postgresOffset;
    await ensure(home, postgresPart(home, port), say);
    await createDatabase(home, port);
  }
  writeDatabaseUrls(home, adminUrl);
  await built;
  await provision(home, adminUrl);
  if (settings.databaseUrl !== undefined) await claimDatabase(adminUrl, claimantOf(home));
  await migrateAll(home, adminUrl, say);
  await bootstrapOperator(home);
}

async function startKafka(home: Home, settings: Settings, say: Say): Promise<void> {
  if (settings.kafkaBrokers !== undefined) return;
  const { portBase, kafkaLibs } = settings;
  await ensure(home, kafkaPart(home, kafkaLibs, portBase + kafkaOffset, portBase + kafkaControllerOffset), say);
}

async function startServices(home: Home, settings: Settings, brokers: readonly string[], say: Say): Promise<void> {
  await allOrFirstFailure(
    services.map(async (service) => {
      const part = servicePart(home, settings, brokers, service);
      const start = performance.now();
      const outcome = await ensurePart(home, part);
      await waitUntilReady(home, part);
      report(part, outcome, start, say);
    }),
  );
}

/** Ready is said by the service itself, and truly: its database answers. */
export async function waitUntilReady(home: Home, part: Part): Promise<void> {
  const deadline = performance.now() + readyWithinMs;
  for (;;) {
    try {
      return await probeHealth(part.port, 'ready');
    } catch (error) {
      const record = readRecord(home, part.name);
      const ended = record === undefined || !lives(record);
      if (ended || performance.now() > deadline) {
        const path = logFile(home, part.name);
        const lines = lastLines(path, 8).map((line) => `\n  | ${line}`).join('');
        throw new UserError(`${part.title} is not ready: ${ended ? 'it ended' : (error as Error).message}. Its log: ${path}${lines}`);
      }
    }
    await pause(50);
  }
}

async function ensure(home: Home, part: Part, say: Say): Promise<void> {
  const start = performance.now();
  report(part, await ensurePart(home, part), start, say);
}

function report(part: Part, outcome: string, start: number, say: Say): void {
  say(`${part.title.padEnd(15)} 127.0.0.1:${part.port}  ${outcome === 'kept' ? 'runs already' : `${outcome} in ${secondsSince(start)}`}`);
}

/** Ends what a DATABASE_URL or KAFKA_BROKERS has replaced since the last start, and what sits on a port of the last PLINTH_PORT_BASE. */
async function stopUnwanted(home: Home, settings: Settings): Promise<void> {
  const wanted = new Map(portsOf(settings).map((use) => [use.part, use.port]));
  await stopParts(home, readRecords(home).filter((record) => wanted.get(record.part) !== record.port).map((record) => record.part));
}

/** Before anything starts. Ports that parts of this very home hold are theirs. */
async function refuseTakenPorts(home: Home, settings: Settings): Promise<void> {
  const own = new Set([...readRecords(home).filter(lives), ...findMarked(home.root)].map((entry) => entry.pid));
  const taken = await findTaken(portsOf(settings));
  const foreign = taken.filter((entry) => entry.owner?.pid === undefined || !own.has(entry.owner.pid));
  if (foreign.length === 0) return;
  throw new UserError(takenMessage(foreign, await findFreeBase(settings.portBase + baseDistance)));
}

function portsOf(settings: Settings): PortUse[] {
  const { portBase } = settings;
  const kafka = [
    { port: portBase + kafkaOffset, part: 'kafka' },
    { port: portBase + kafkaControllerOffset, part: 'kafka controller' },
  ];
  return [
    ...services.map((service) => ({ port: portBase + service.portOffset, part: service.name })),
    ...(settings.databaseUrl === undefined ? [{ port: portBase + postgresOffset, part: 'postgres' }] : []),
    ...(settings.kafkaBrokers === undefined ? kafka : []),
    ...(wantsSimulator(settings) ? [{ port: portBase + simulatorOffset, part: 'provider-simulator' }] : []),
  ];
}

export function brokersOf(settings: Settings): readonly string[] {
  return settings.kafkaBrokers ?? [`127.0.0.1:${settings.portBase + kafkaOffset}`];
}

function build(say: Say): Promise<void> {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn('sh', [join(repoRoot, 'tools/dev-stack/build.sh')], { stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code !== 0) return reject(new UserError('nothing was started on a build that failed'));
      say(`built in ${secondsSince(start)}`);
      resolve();
    });
  });
}

/** Waits for all, so that no start is left half-way when another fails; then throws the first failure. */
async function allOrFirstFailure(work: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
