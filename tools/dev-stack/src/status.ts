import { readFileSync } from 'node:fs';
import { processesOf } from './down.ts';
import { probeBroker, probeKafka } from './kafka-probe.ts';
import { readRecord } from './part.ts';
import { homeAt, type Home } from './paths.ts';
import { kafkaOffset, postgresOffset } from './ports.ts';
import { embeddedDatabaseUrl, probePostgres } from './postgres.ts';
import { familyOf, pssKibOf, type ProcessIdentity } from './processes.ts';
import { services } from './services.ts';
import { savedSettings, type Settings } from './settings.ts';

/** One line of `make status`. */
export interface PartStatus {
  readonly part: string;
  readonly address: string;
  readonly state: string;
  readonly pid?: number;
  /** Proportional set size, child processes included. */
  readonly pssKib?: number;
  readonly ageSeconds?: number;
}

/** The state of every part of a home, as it is now. */
export async function stackStatus(path: string): Promise<readonly PartStatus[] | undefined> {
  const home = homeAt(path);
  const settings = savedSettings(home);
  if (settings === undefined) return undefined;
  const { portBase } = settings;
  return Promise.all([
    ...services.map((service) => statusOf(home, service.name, portBase + service.portOffset, () => serviceState(portBase + service.portOffset))),
    kafkaStatus(home, settings),
    postgresStatus(home, settings),
  ]);
}

/** The table that `make status` prints, with the sum of the memory. */
export function statusTable(statuses: readonly PartStatus[]): string {
  const rows = statuses.map((status) => [
    status.part,
    status.pid === undefined ? '-' : String(status.pid),
    status.address,
    status.state,
    status.pssKib === undefined ? '-' : `${Math.round(status.pssKib / 1024)} MB`,
    status.ageSeconds === undefined ? '-' : ageText(status.ageSeconds),
  ]);
  const sumMib = Math.round(statuses.reduce((sum, status) => sum + (status.pssKib ?? 0), 0) / 1024);
  return textTable(['part', 'pid', 'address', 'state', 'memory', 'age'], [...rows, ['sum', '', '', '', `${sumMib} MB`, '']]);
}

/** Columns as wide as their widest cell. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]): string => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd();
  return [line(head), ...rows.map(line)].join('\n');
}

export function ageText(seconds: number): string {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

function kafkaStatus(home: Home, settings: Settings): Promise<PartStatus> {
  if (settings.kafkaBrokers === undefined) {
    const port = settings.portBase + kafkaOffset;
    return statusOf(home, 'kafka', port, () => answered(probeKafka('127.0.0.1', port, 2_000)));
  }
  return external('kafka', settings.kafkaBrokers.join(','), Promise.any(settings.kafkaBrokers.map(probeBroker)));
}

function postgresStatus(home: Home, settings: Settings): Promise<PartStatus> {
  if (settings.databaseUrl === undefined) {
    const port = settings.portBase + postgresOffset;
    return statusOf(home, 'postgres', port, () => answered(probePostgres(embeddedDatabaseUrl(home, port))));
  }
  const url = new URL(settings.databaseUrl);
  return external('postgres', `${url.hostname}:${url.port || '5432'}`, probePostgres(settings.databaseUrl));
}

async function external(part: string, address: string, probe: Promise<void>): Promise<PartStatus> {
  return { part, address, state: `external, ${await answered(probe)}` };
}

async function statusOf(home: Home, part: string, port: number, state: () => Promise<string>): Promise<PartStatus> {
  const address = `127.0.0.1:${port}`;
  const [process] = processesOf(home, part);
  // `make down` removes the record; one without a process is of a part that ended by itself.
  if (process === undefined) return { part, address, state: readRecord(home, part) === undefined ? 'stopped' : 'died (make up restarts it)' };
  const pssKib = familyOf(process.pid).reduce((sum, pid) => sum + pssKibOf(pid), 0);
  return { part, address, state: await state(), pid: process.pid, pssKib, ageSeconds: ageOf(process) };
}

/** Ready, degraded (which is still 200) or why not, in the service's own words. */
async function serviceState(port: number): Promise<string> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(3_000) });
    const text = await response.text();
    if (response.status !== 200) return `not ready (${response.status})`;
    return /"status"\s*:\s*"degraded"/.test(text) ? 'degraded' : 'ready';
  } catch {
    return 'no answer';
  }
}

async function answered(probe: Promise<void>): Promise<string> {
  return probe.then(
    () => 'ready',
    (error: Error) => `no answer (${error.message.split('\n')[0]})`,
  );
}

/** Start times count in hundredths of a second since boot (proc(5); the kernel shows 100 to every program). */
function ageOf(process: ProcessIdentity): number {
  return Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) - process.startTicks / 100;
}
