import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { services } from '@plinth/contracts/services';
import { UserError } from './output.ts';
import { allPids, commandName, markedPart } from './processes.ts';

/** Bases stand this far apart, so that neighbouring stacks never meet (contract: "Commands"). */
export const baseDistance = 200;
export const defaultBase = 8080;
/** Offsets from the base: 6 to 99 are later services'. */
export const postgresOffset = 100;
export const kafkaOffset = 101;
export const kafkaControllerOffset = 102;
export const simulatorOffset = 103;
/** Where the services of a test stack send their traces; a test may listen there, nobody else does. */
export const testCollectorOffset = 104;
/** Further processes of services, started by tests: ten for each service. */
export const replicaOffset = 110;
const lastOffset = simulatorOffset;

/** A port that a part is about to listen on. */
export interface PortUse {
  readonly port: number;
  readonly part: string;
}

/** A listening TCP socket, as /proc/net/tcp shows it. */
export interface Listener {
  readonly port: number;
  readonly inode: string;
  readonly uid: number;
}

/** Who has a port: a process, or, where it is hidden from us, its user. */
export interface PortOwner {
  readonly pid?: number;
  readonly name?: string;
  readonly uid?: number;
  /** The home of the Plinth stack it belongs to. */
  readonly stackHome?: string;
}

export interface TakenPort extends PortUse {
  readonly owner: PortOwner | undefined;
}

/** @throws UserError unless it is a number that leaves room for the whole stack */
export function parsePortBase(text: string | undefined): number {
  if (text === undefined || text === '') return defaultBase;
  const base = Number(text);
  if (Number.isInteger(base) && base >= 1024 && base <= 65_535 - lastOffset) return base;
  throw new UserError(`PLINTH_PORT_BASE is "${text}": give a whole number from 1024 to ${65_535 - lastOffset}`);
}

/** The sockets in LISTEN state of a /proc/net/tcp or tcp6 table. Source: proc(5); 0A is TCP_LISTEN. */
export function parseListeners(table: string): Listener[] {
  return table.split('\n').slice(1).flatMap((line) => {
    const [, local, , state, , , , uid, , inode] = line.trim().split(/\s+/);
    if (state !== '0A' || local === undefined || inode === undefined) return [];
    return [{ port: Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16), inode, uid: Number(uid) }];
  });
}

/** Who listens on a port; undefined where nobody is seen to. */
export function ownerOf(port: number): PortOwner | undefined {
  const listener = ['tcp', 'tcp6'].flatMap((name) => parseListeners(readTable(name))).find((entry) => entry.port === port);
  if (listener === undefined) return undefined;
  const pid = allPids().find((candidate) => holdsSocket(candidate, listener.inode));
  if (pid === undefined) return { uid: listener.uid };
  const stackHome = markedPart(pid)?.replace(/#[^#]*$/, '');
  return { pid, name: commandName(pid), ...(stackHome === undefined ? {} : { stackHome }) };
}

/** Those of the ports that cannot be listened on now, with who has them. A connection in TIME_WAIT does not count. */
export async function findTaken(uses: readonly PortUse[]): Promise<TakenPort[]> {
  const free = await Promise.all(uses.map((use) => isFree(use.port)));
  return uses.filter((_, index) => free[index] === false).map((use) => ({ ...use, owner: ownerOf(use.port) }));
}

/** One line: which ports, whose, and how to mend it. */
export function takenMessage(taken: readonly TakenPort[], otherBase: number | undefined): string {
  const owners = new Map<string, TakenPort[]>();
  for (const port of taken) {
    const name = ownerName(port.owner);
    owners.set(name, [...(owners.get(name) ?? []), port]);
  }
  const parts = [...owners].map(([owner, ports]) => {
    const list = ports.map((port) => `${port.port} (${port.part})`).join(', ');
    return `${ports.length === 1 ? 'port' : 'ports'} ${list} ${ports.length === 1 ? 'is' : 'are'} taken by ${owner}`;
  });
  const elsewhere = otherBase === undefined ? 'choose a PLINTH_PORT_BASE' : `run: PLINTH_PORT_BASE=${otherBase} make up`;
  return `${parts.join('; ')}. ${remedy(taken)}, or ${elsewhere}`;
}

/**
 * A base at which the ports that a stack uses are all free. Searched below the range that outgoing
 * connections take their ports from (32768 and up on Linux), so that none of them gets in between.
 */
export async function findFreeBase(first: number): Promise<number | undefined> {
  for (let base = first; base + lastOffset < 32_768; base += baseDistance) {
    const offsets = [...services.map(({ portOffset }) => portOffset), postgresOffset, kafkaOffset, kafkaControllerOffset, lastOffset, testCollectorOffset];
    const taken = await findTaken(offsets.map((offset) => ({ port: base + offset, part: '' })));
    if (taken.length === 0) return base;
  }
  return undefined;
}

function ownerName(owner: PortOwner | undefined): string {
  if (owner === undefined) return 'a process that cannot be seen from here';
  if (owner.stackHome !== undefined) return `the Plinth stack in ${owner.stackHome}`;
  if (owner.pid === undefined) return `a process of user ${owner.uid}`;
  return `${owner.name} (pid ${owner.pid})`;
}

function remedy(taken: readonly TakenPort[]): string {
  const stacks = new Set(taken.flatMap((port) => port.owner?.stackHome ?? []));
  const pids = new Set(taken.flatMap((port) => (port.owner?.stackHome === undefined ? (port.owner?.pid ?? []) : [])));
  if (stacks.size > 0 && pids.size === 0) return `Stop it: ${[...stacks].map((home) => `PLINTH_HOME=${home} make down`).join('; ')}`;
  return pids.size > 0 ? `Stop it: kill ${[...pids].join(' ')}` : 'Stop it';
}

/** Trying is the truth: it minds wildcard addresses and dual-stack sockets as the kernel does. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function holdsSocket(pid: number, inode: string): boolean {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).some((fd) => linkOf(`${folder}/${fd}`) === `socket:[${inode}]`);
  } catch {
    return false; // another user's process, or one that just ended
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function readTable(name: string): string {
  try {
    return readFileSync(`/proc/net/${name}`, 'utf8');
  } catch {
    return ''; // no IPv6
  }
}
