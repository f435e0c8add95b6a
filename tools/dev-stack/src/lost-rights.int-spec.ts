import { chmodSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { resetStack, stopParts, stopStack } from './down.ts';
import { kafkaPart } from './kafka.ts';
import { ensurePart, readRecord } from './part.ts';
import { kafkaControllerOffset, kafkaOffset, postgresOffset } from './ports.ts';
import { createDatabase, embeddedDatabaseUrl, postgresPart } from './postgres.ts';
import { lives } from './processes.ts';
import { createTestHome, removeTestHome } from './test-stack.ts';
import { boundByModes, freePort, kafkaLibsForTests, query } from './testing.ts';
import { startStack } from './up.ts';
import { runStackCommand, type UpSettings } from './up-command.ts';

const home = createTestHome();
let settings: UpSettings;

beforeAll(async () => {
  settings = { portBase: await freePort(22_080), kafkaLibs: kafkaLibsForTests() };
});
afterAll(() => removeTestHome(home), 60_000);

/** The one line that a command fails with, run by somebody whom file modes bind. */
async function failureOf(command: string, folder = home): Promise<string> {
  const [code, output] = await runStackCommand(command, folder, settings, { through: boundByModes() });
  const lines = output.split('\n').filter((line) => line.startsWith('plinth: ') || /^ +(at|\|) /.test(line));
  expect([code, lines]).toEqual([1, [expect.stringMatching(/^plinth: /)]]);
  return lines[0] ?? '';
}

/** With other rights to a path while `work` runs. */
async function withMode<T>(path: string, mode: number, work: () => Promise<T>): Promise<T> {
  chmodSync(path, mode);
  try {
    return await work();
  } finally {
    chmodSync(path, 0o700);
  }
}

describe('a home', () => {
  it('that may not be written is one line with the remedy, and nothing is left in it', async () => {
    const locked = createTestHome();
    for (const name of readdirSync(locked.root).filter((entry) => entry !== 'owner.json')) rmdirSync(join(locked.root, name));
    const lines = await withMode(locked.root, 0o500, () => Promise.all(['up', 'down', 'reset'].map((command) => failureOf(command, locked))));
    const line = `plinth: ${locked.root} cannot be read and written by user ${process.getuid?.()}: run as its owner, give the rights back (chmod 700 ${locked.root}), or choose another folder with PLINTH_HOME`;
    expect(lines).toEqual([line, line, line]);
    expect(readdirSync(locked.root)).toEqual(['owner.json']);
    await removeTestHome(locked);
  }, 60_000);

  it.each(['file', 'file/below'])('that is a file or lies below one is told so by every command, and the file left alone: %s', async (name) => {
    writeFileSync(join(home.root, 'file'), 'mine');
    const path = join(home.root, name);
    const line = `${path} is no folder, or lies below a file: move the file away, or choose another folder with PLINTH_HOME`;
    await expect(startStack({ home: path, ...settings })).rejects.toThrow(line);
    await expect(stopStack(path)).rejects.toThrow(line);
    await expect(resetStack(path)).rejects.toThrow(line);
    expect(readFileSync(join(home.root, 'file'), 'utf8')).toBe('mine');
  });

  it('that may not be read is no absent stack for those who look', async () => {
    const look = () => Promise.all(['status', 'psql', 'topics', 'logs'].map((command) => failureOf(command)));
    const lines = await withMode(home.run, 0o000, () => withMode(home.logs, 0o000, look));
    for (const line of lines) expect(line).toMatch(/(run\/settings.json|logs) may not be read or written by user \d+: run as its owner, give the rights back/);
  }, 60_000);
});

describe('data', () => {
  const data = { postgres: join(home.postgres, 'data'), kafka: join(home.kafka, 'data') };
  const url = () => embeddedDatabaseUrl(home, settings.portBase + postgresOffset);
  const startPostgres = () => ensurePart(home, postgresPart(home, settings.portBase + postgresOffset));
  const startKafka = () => ensurePart(home, kafkaPart(home, settings.kafkaLibs, settings.portBase + kafkaOffset, settings.portBase + kafkaControllerOffset));
  const runs = (part: string) => {
    const record = readRecord(home, part);
    return record !== undefined && lives(record);
  };

  beforeAll(async () => {
    await Promise.all([startPostgres(), startKafka()]);
    await createDatabase(home, settings.portBase + postgresOffset);
    await query(url(), 'CREATE TABLE kept AS SELECT 1 AS row');
    await stopParts(home, ['postgres']);
  }, 120_000);

  // The server itself is never root, whoever starts it.
  it.each([0o500, 0o777])('of PostgreSQL that are not its own to write (mode %i): cause and remedy in one line', async (mode) => {
    await expect(withMode(data.postgres, mode, startPostgres)).rejects.toThrow(
      `PostgreSQL is not up: it has not the rights to its data that it needs: chmod -R u+rwX,go= ${data.postgres} (as their owner), then make up again. Its log: `,
    );
    expect(runs('postgres')).toBe(false);
  }, 60_000);

  it('of PostgreSQL that may not be looked at are not made anew', async () => {
    expect(await withMode(data.postgres, 0o000, () => failureOf('up'))).toMatch(/postgres\/data\/PG_VERSION may not be read or written by user \d+: run as its owner, give the rights back/);
    expect(runs('postgres')).toBe(false);
  }, 60_000);

  it('of Kafka that may not be looked at are not made anew', async () => {
    await stopParts(home, ['kafka']);
    expect(await withMode(data.kafka, 0o000, () => failureOf('up'))).toMatch(/kafka\/data\/meta.properties may not be read or written by user \d+: run as its owner, give the rights back/);
    expect(runs('kafka')).toBe(false);
  }, 60_000);

  it('of Kafka that may not be written: cause and remedy in one line', async () => {
    expect(await withMode(data.kafka, 0o500, () => failureOf('up'))).toContain(`Kafka is not up: it may not read and write its data: chmod -R u+rwX ${data.kafka} (as their owner), then make up again. Its log: `);
    expect(runs('kafka')).toBe(false);
  }, 60_000);

  it('are there again when the rights are', async () => {
    await Promise.all([startPostgres(), startKafka()]);
    expect(await query(url(), 'SELECT row FROM kept')).toEqual([{ row: 1 }]);
  }, 60_000);
});
