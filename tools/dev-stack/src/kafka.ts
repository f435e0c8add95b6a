import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { probeKafka } from './kafka-probe.ts';
import { UserError } from './output.ts';
import type { Part } from './part.ts';
import { logFile, repoRoot, type Home } from './paths.ts';
import { launch, marker, markerVariable, type ProcessIdentity } from './processes.ts';
import { baseEnvironment } from './settings.ts';

const partName = 'kafka';
const heap = ['-Xms64m', '-Xmx320m', '-XX:+UseSerialGC', '-XX:+ExitOnOutOfMemoryError', '-Djava.awt.headless=true'];
const logging = `-Dlog4j2.configurationFile=${join(repoRoot, 'tools/dev-stack/kafka/log4j2.xml')}`;

/** The embedded Kafka: one process, broker and controller (KRaft). Its storage is formatted at the first launch. */
export function kafkaPart(home: Home, libs: string, port: number, controllerPort: number): Part {
  const properties = serverProperties(home, port, controllerPort);
  const jars = existsSync(libs) ? readdirSync(libs).sort() : [];
  return {
    name: partName,
    title: 'Kafka',
    port,
    fingerprint: createHash('sha256').update(JSON.stringify([properties, heap, logging, jars])).digest('hex'),
    stopSignal: 'SIGTERM',
    graceMs: 20_000,
    readyWithinMs: 120_000,
    launchAttempts: 2,
    probe: () => probeKafka('127.0.0.1', port, 2_000),
    launch: () => start(home, libs, properties),
    unmarked: () => [],
    faultIn: (log) => kafkaFault(log, dataFolder(home)),
  };
}

/** @param data the folder that lost its rights, for the remedy */
export function kafkaFault(log: string, data: string): string | undefined {
  if (/No space left on device/.test(log)) return 'its disk is full: free some space, then make up again';
  if (/AccessDeniedException|Permission denied/.test(log)) return `it may not read and write its data: chmod -R u+rwX ${data} (as their owner), then make up again`;
  return undefined;
}

function dataFolder(home: Home): string {
  return join(home.kafka, 'data');
}

async function start(home: Home, libs: string, properties: string): Promise<ProcessIdentity> {
  if (!existsSync(join(libs, '.pom.xml'))) throw new UserError(`Kafka's jars are not in ${libs}: run make up, which fetches them`);
  mkdirSync(home.kafka, { recursive: true, mode: 0o700 });
  const file = join(home.kafka, 'server.properties');
  writeFileSync(file, properties, { mode: 0o600 });
  const classPath = join(libs, '*');
  // Not `existsSync`: what may not be looked at would be formatted.
  if (statSync(join(dataFolder(home), 'meta.properties'), { throwIfNoEntry: false }) === undefined) await format(home, classPath, file);
  return launch({
    command: javaCommand(),
    args: [...heap, logging, '-cp', classPath, 'kafka.Kafka', file],
    env: { ...baseEnvironment(), [markerVariable]: marker(home.root, partName) },
    cwd: home.kafka,
    logFile: logFile(home, partName),
  });
}

async function format(home: Home, classPath: string, file: string): Promise<void> {
  // Short-lived, so the quick compiler alone.
  const jvm = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', logging];
  const clusterId = randomBytes(16).toString('base64url');
  // --ignore-formatted: a format that was interrupted half-way is taken up again.
  const tool = ['-cp', classPath, 'kafka.tools.StorageTool', 'format', '--ignore-formatted', `--cluster-id=${clusterId}`, '-c', file];
  try {
    await promisify(execFile)(javaCommand(), [...jvm, ...tool], { env: { ...baseEnvironment(), [markerVariable]: marker(home.root, partName) }, cwd: home.kafka });
  } catch (error) {
    const { stderr = '', stdout = '', message } = error as Error & { stderr?: string; stdout?: string };
    throw new UserError(`Kafka's storage could not be formatted: ${kafkaFault(stdout + stderr, dataFolder(home)) ?? (stderr.trim() || message)}`);
  }
}

function javaCommand(): string {
  const inHome = join(process.env['JAVA_HOME'] ?? '/nonexistent', 'bin/java');
  return existsSync(inHome) ? inHome : 'java';
}

function serverProperties(home: Home, port: number, controllerPort: number): string {
  return `# Written at every start by tools/dev-stack; changes here are lost.
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
controller.listener.names=CONTROLLER
listeners=BROKER://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=BROKER://127.0.0.1:${port}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=BROKER
log.dirs=${dataFolder(home)}
auto.create.topics.enable=false

# One broker: one replica of everything, and few partitions of what Kafka keeps for itself.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=4
group.initial.rebalance.delay.ms=0

# After kill -9 a broker may register again only when its old session is over: 9 s by default.
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=2500

# The cleaner takes 128 MB of heap at the start by default.
log.cleaner.dedupe.buffer.size=16777216
num.io.threads=4
num.network.threads=2
`;
}
