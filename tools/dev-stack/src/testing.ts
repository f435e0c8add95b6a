import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { stopParts } from './down.ts';
import { kafkaPart } from './kafka.ts';
import { ensurePart } from './part.ts';
import { nodeBinary } from './paths.ts';
import { findFreeBase } from './ports.ts';
import { createDatabase, embeddedDatabaseUrl, postgresPart } from './postgres.ts';
import { homeFrom, readEnvironment, savedSettings, settingsFrom } from './settings.ts';
import { SmallDisk } from './small-disk.ts';
import { createTestHome, removeTestHome } from './test-stack.ts';

export { readRecords } from './part.ts';
export { homeAt, type Home } from './paths.ts';
export { services } from './services.ts';
export { canMountSmallDisk, type SmallDisk } from './small-disk.ts';
export { readStackFile } from './stack-file.ts';
export { createTestHome, removeTestHome } from './test-stack.ts';
export { runStackCommand, type UpSettings } from './up-command.ts';

/** A server of somebody else's, as far as the stack under test is concerned. */
export interface ForeignServer {
  /** A URL, or `host:port`. */
  readonly address: string;
  stop(): Promise<void>;
}

/** @param lowestPort where to look for a free one */
export async function startForeignPostgres(lowestPort: number): Promise<ForeignServer> {
  const home = createTestHome();
  const port = await freePort(lowestPort);
  await ensurePart(home, postgresPart(home, port));
  await createDatabase(home, port);
  return { address: embeddedDatabaseUrl(home, port), stop: () => removeTestHome(home) };
}

/** Its data on a disk of its own, which `disk` fills; nothing else of it is there. */
export async function startForeignPostgresOnSmallDisk(lowestPort: number, diskMib: number): Promise<ForeignServer & { disk: SmallDisk }> {
  const home = createTestHome();
  const port = await freePort(lowestPort);
  mkdirSync(home.postgres, { mode: 0o700 });
  const disk = new SmallDisk(home.postgres, diskMib);
  const [paths, part, postgres] = ['paths', 'part', 'postgres'].map((name) => join(import.meta.dirname, `${name}.ts`));
  const script = `
    const { homeAt } = await import('${paths}');
    const { ensurePart } = await import('${part}');
    const { postgresPart } = await import('${postgres}');
    const home = homeAt('${home.root}');
    await ensurePart(home, postgresPart(home, ${port}));
    process.exit();`;
  await disk.run(`${nodeBinary} --input-type=module -e "${script.replaceAll(/\s+/g, ' ')}"`);
  await createDatabase(home, port);
  const stop = async (): Promise<void> => {
    await stopParts(home, ['postgres']);
    disk.close();
    await removeTestHome(home);
  };
  return { address: embeddedDatabaseUrl(home, port), stop, disk };
}

/** Takes the port after `lowestPort` too, for its controller. */
export async function startForeignKafka(lowestPort: number): Promise<ForeignServer> {
  const home = createTestHome();
  const port = await freePort(lowestPort);
  await ensurePart(home, kafkaPart(home, kafkaLibsForTests(), port, port + 1));
  return { address: `127.0.0.1:${port}`, stop: () => removeTestHome(home) };
}

/** A base for a stack, or a port, that is free now. */
export async function freePort(lowest: number): Promise<number> {
  const port = await findFreeBase(lowest);
  if (port === undefined) throw new Error('no port is free');
  return port;
}

/** Those of the stack that the tests run beside, else the checkout's. */
export function kafkaLibsForTests(): string {
  const environment = readEnvironment();
  const home = homeFrom(environment);
  return (savedSettings(home) ?? settingsFrom(environment, home)).kafkaLibs;
}

export async function query<T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return (await client.query<T>(sql).finally(() => client.end())).rows;
}

/** What runs a command so that file modes bind it: they do not bind root, so root gives that right away. */
export function boundByModes(): readonly string[] {
  if (process.getuid?.() !== 0) return [];
  const rights = '-dac_override,-dac_read_search';
  return ['setpriv', `--bounding-set=${rights}`, `--inh-caps=${rights}`, '--'];
}
