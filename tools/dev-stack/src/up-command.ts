import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { nodeBinary, repoRoot, type Home } from './paths.ts';
import { baseEnvironment, type Settings } from './settings.ts';

/** Names the test run that a process belongs to, by which it is found when it outlives the run. */
export const runMarkerVariable = 'PLINTH_TEST_RUN';

/** What a start of its own is told, apart from all that `.env` and our environment say. */
export type UpSettings = Pick<Settings, 'portBase' | 'kafkaLibs'> & Partial<Settings>;

export interface RunOptions {
  readonly started?: (child: ChildProcess) => void;
  /** A command that runs ours, e.g. as another user. */
  readonly through?: readonly string[];
}

/** `runStackCommand` of `make up`. */
export async function runUp(home: Home, settings: UpSettings, options: RunOptions = {}): Promise<[number | null, string]> {
  return runStackCommand('up', home, settings, options);
}

/**
 * Runs what `make up`, `make down` and so on run, without the build, in a process of its own.
 *
 * @returns its exit code and all that it printed
 */
export async function runStackCommand(name: string, home: Home, settings: UpSettings, { started, through = [] }: RunOptions = {}): Promise<[number | null, string]> {
  const [command = nodeBinary, ...args] = [...through, nodeBinary, join(repoRoot, 'tools/dev-stack/src/cli.ts'), name, '--no-build'];
  const child = spawn(command, args, {
    cwd: repoRoot,
    env: { ...emptied(), ...baseEnvironment(), ...runMarkerOf(process.env), ...environmentOf(home, settings) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started?.(child);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve, reject) => child.once('error', reject).once('close', (code) => resolve([code, output])));
}

/** The variables that give these settings; `settings.ts` reads them. */
function environmentOf(home: Home, { portBase, kafkaLibs, databaseUrl, kafkaBrokers, passThrough }: UpSettings): Record<string, string> {
  return {
    ...passThrough,
    PLINTH_HOME: home.root,
    PLINTH_PORT_BASE: String(portBase),
    PLINTH_KAFKA_LIBS: kafkaLibs,
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    ...(kafkaBrokers === undefined ? {} : { KAFKA_BROKERS: kafkaBrokers.join(',') }),
  };
}

function runMarkerOf({ [runMarkerVariable]: marker }: NodeJS.ProcessEnv): Record<string, string> {
  return marker === undefined ? {} : { [runMarkerVariable]: marker };
}

/** Empty values for all that `.env` sets: the environment wins over it, and empty is unset. */
function emptied(): Record<string, string> {
  const file = join(repoRoot, '.env');
  const names = existsSync(file) ? Object.keys(parseEnv(readFileSync(file, 'utf8'))) : [];
  return Object.fromEntries(names.map((name) => [name, '']));
}
