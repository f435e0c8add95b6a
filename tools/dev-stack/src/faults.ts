import { processesOf } from './down.ts';
import { kafkaPart } from './kafka.ts';
import { withLock } from './lock.ts';
import { UserError } from './output.ts';
import { ensurePart, removeRecord, type Part } from './part.ts';
import { homeAt, type Home } from './paths.ts';
import { kafkaControllerOffset, kafkaOffset, postgresOffset, replicaOffset } from './ports.ts';
import { postgresPart } from './postgres.ts';
import { endProcess, lives, send } from './processes.ts';
import { servicePart } from './service-part.ts';
import { services, type Service } from './services.ts';
import { savedSettings, type Settings } from './settings.ts';
import { readStackFile, writeStackFile } from './stack-file.ts';
import { brokersOf, waitUntilReady } from './up.ts';
import { runUp } from './up-command.ts';

const waitForLockMs = 60_000;

/**
 * Sends a signal to a part (`gateway`, `kafka`, `postgres`, ...) and, where the signal ends it, waits
 * until it is gone. SIGSTOP and SIGCONT pause and resume it.
 *
 * @returns the pid that was signalled
 * @throws UserError where the part does not run
 */
export async function killPart(path: string, part: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<number> {
  const [target] = processesOf(homeAt(path), part);
  if (target === undefined) throw new UserError(`${part} does not run`);
  if (['SIGSTOP', 'SIGCONT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'].includes(signal)) send(target, signal);
  else await endProcess(target, signal, 20_000);
  return target.pid;
}

/**
 * What a person does after a crash: `make up`, as the last start of this home was told, in a process of its own.
 *
 * @throws UserError with what it printed
 */
export async function makeUp(path: string): Promise<void> {
  const home = homeAt(path);
  const settings = savedSettings(home);
  if (settings === undefined) throw new UserError(`nothing was started in ${home.root} yet`);
  const [code, output] = await runUp(home, settings);
  if (code !== 0) throw new UserError(`make up ended with code ${code}:\n${output.trimEnd()}`);
}

/** Starts a part that was killed, as the last start of this home had it, and waits until it is ready. */
export async function restartPart(path: string, name: string): Promise<number> {
  const home = homeAt(path);
  return withLock(home, `restart of ${name}`, waitForLockMs, async () => {
    const settings = savedSettings(home);
    if (settings === undefined) throw new UserError(`nothing was started in ${home.root} yet`);
    const part = partOf(home, settings, name);
    await ensurePart(home, part);
    if (name !== 'kafka' && name !== 'postgres') await waitUntilReady(home, part);
    return notePid(home, name);
  });
}

/**
 * Starts a further process of a service beside the one that `make up` starts, and waits until it is ready. `make up` ends it,
 * as all that it does not know.
 *
 * @param number from 2 to 9: the first one is `make up`'s
 * @returns its part's name, `outbox-relay.2`, by which `killPart` ends it
 */
export async function startReplica(path: string, name: string, number: number): Promise<string> {
  const home = homeAt(path);
  return withLock(home, `start of ${name}.${number}`, waitForLockMs, async () => {
    const settings = savedSettings(home);
    if (settings === undefined) throw new UserError(`nothing was started in ${home.root} yet`);
    const service = serviceNamed(name);
    const place = { name: `${name}.${number}`, port: settings.portBase + replicaOffset + 10 * service.portOffset + number };
    const part = servicePart(home, settings, brokersOf(settings), service, place);
    await ensurePart(home, part);
    await waitUntilReady(home, part);
    return part.name;
  });
}

/** Ends a service (SIGTERM by default), starts it again and waits until it is ready. @returns its new pid */
export async function restartService(path: string, name: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
  const home = homeAt(path);
  await Promise.all(processesOf(home, name).map((process) => endProcess(process, signal, 20_000)));
  removeRecord(home, name);
  return restartPart(path, name);
}

function partOf(home: Home, settings: Settings, name: string): Part {
  const { portBase, kafkaLibs } = settings;
  if (name === 'postgres') return postgresPart(home, portBase + postgresOffset);
  if (name === 'kafka') return kafkaPart(home, kafkaLibs, portBase + kafkaOffset, portBase + kafkaControllerOffset);
  return servicePart(home, settings, brokersOf(settings), serviceNamed(name));
}

function serviceNamed(name: string): Service {
  const service = services.find((entry) => entry.name === name);
  if (service === undefined) throw new UserError(`there is no part "${name}": one of postgres, kafka, ${services.map((entry) => entry.name).join(', ')}`);
  return service;
}

/** Keeps stack.json true. */
function notePid(home: Home, name: string): number {
  const pid = processesOf(home, name).find(lives)?.pid ?? 0;
  const facts = readStackFile(home);
  const service = facts?.services[name];
  if (facts !== undefined && service !== undefined) writeStackFile(home, { ...facts, services: { ...facts.services, [name]: { ...service, pid } } });
  return pid;
}
