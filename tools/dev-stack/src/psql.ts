import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { databaseFault } from './external-parts.ts';
import { say, UserError } from './output.ts';
import { homeAt } from './paths.ts';
import { postgresOffset } from './ports.ts';
import { embeddedDatabaseUrl, probePostgres } from './postgres.ts';
import { savedSettings } from './settings.ts';
import { textTable } from './status.ts';

/** Opens psql on the stack's database as its administrator; where there is none, a small shell that runs SQL. */
export async function openPsql(path: string, command: string | undefined): Promise<number> {
  const home = homeAt(path);
  const settings = savedSettings(home);
  if (settings === undefined) throw new UserError('there is no stack here yet: make up starts one');
  const url = settings.databaseUrl ?? embeddedDatabaseUrl(home, settings.portBase + postgresOffset);
  await probePostgres(url).catch((error: unknown) => {
    throw new UserError(`${databaseFault(error)}: make up starts it, make logs s=postgres shows its log`);
  });
  const hasPsql = spawnSync('psql', ['--version'], { stdio: 'ignore' }).status === 0;
  return hasPsql ? runPsql(url, command) : runShell(url, command);
}

/** The password goes by the environment, for a command line is everybody's to read. */
function runPsql(url: string, command: string | undefined): Promise<number> {
  const target = new URL(url);
  const password = decodeURIComponent(target.password);
  target.password = '';
  const child = spawn('psql', [target.toString(), ...(command === undefined ? [] : ['-c', command])], {
    stdio: 'inherit',
    env: { ...process.env, PGPASSWORD: password },
  });
  process.on('SIGINT', () => undefined); // psql's own: it cancels the query
  return new Promise((resolve, reject) => child.once('error', reject).once('exit', (code) => resolve(code ?? 1)));
}

async function runShell(url: string, command: string | undefined): Promise<number> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
  await client.connect();
  try {
    if (command !== undefined) return (await runSql(client, command)) ? 0 : 1;
    return await runLines(client);
  } finally {
    await client.end();
  }
}

/** Runs each statement when its line ends in a semicolon. Exit code 1 where a statement from a pipe failed. */
async function runLines(client: pg.Client): Promise<number> {
  const interactive = process.stdin.isTTY === true;
  if (interactive) say('psql is not installed (apt-get install postgresql-client); this runs SQL that ends in a semicolon. Ctrl-D leaves.');
  const lines = createInterface({ input: process.stdin, output: interactive ? process.stdout : undefined, prompt: 'plinth=# ' });
  let statement = '';
  let failed = false;
  if (interactive) lines.prompt();
  for await (const line of lines) {
    statement += `${line}\n`;
    if (line.trimEnd().endsWith(';')) {
      failed = !(await runSql(client, statement)) || failed;
      statement = '';
    }
    if (interactive) lines.prompt();
  }
  if (statement.trim() !== '') failed = !(await runSql(client, statement)) || failed;
  return failed && !interactive ? 1 : 0;
}

async function runSql(client: pg.Client, sql: string): Promise<boolean> {
  try {
    const answer = await client.query({ text: sql, rowMode: 'array' });
    // Several statements in one text answer with a list.
    for (const result of Array.isArray(answer) ? (answer as pg.QueryArrayResult[]) : [answer]) say(resultText(result));
    return true;
  } catch (error) {
    process.stderr.write(`ERROR: ${(error as Error).message}\n`);
    return false;
  }
}

/** A result as a table with its number of rows, or, without columns, as what was done. */
export function resultText(result: pg.QueryArrayResult): string {
  if (result.fields.length === 0) return `${result.command} ${result.rowCount ?? ''}`.trimEnd();
  const rows = result.rows.map((row) => row.map(cellText));
  return `${textTable(result.fields.map((field) => field.name), rows)}\n(${rows.length} ${rows.length === 1 ? 'row' : 'rows'})`;
}

function cellText(value: unknown): string {
  if (value === null) return '';
  if (value instanceof Date) return value.toISOString();
  if (Buffer.isBuffer(value)) return `\\x${value.toString('hex')}`;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
