import { Kafka, logLevel, type LogEntry, type RetryOptions } from 'kafkajs';
import type { Logger } from '@plinth/logging';

/** Where Kafka is, as whom it is asked, and how long a call may take: by default 3 s to connect, 10 s a request, 3 retries. */
export interface KafkaClientOptions {
  /** `host:port` of one broker or more; the rest of the cluster is discovered. */
  readonly brokers: readonly string[];
  /** Shown in the broker's logs and quotas; the service's name. */
  readonly clientId: string;
  readonly logger: Logger;
  /** Time limit of a TCP connect, in milliseconds. */
  readonly connectionTimeoutMs?: number;
  /** Time limit of a request, in milliseconds. */
  readonly requestTimeoutMs?: number;
  /** Retries inside one call of kafkajs. Kept few: who calls it (producer, transport, probe) owns the longer schedule. */
  readonly retries?: number;
}

/** A connection factory of kafkajs, named here so that no other project imports kafkajs. */
export type KafkaClient = Kafka;

/**
 * A kafkajs client for a broker that may be away. Its calls fail within seconds instead of retrying
 * for long, because kafkajs gives up for good at the end of its own retries; nothing connects here.
 */
export function createKafka(options: KafkaClientOptions): KafkaClient {
  silenceTimeoutNegativeWarning();
  const retry: RetryOptions = { initialRetryTime: 100, maxRetryTime: 1000, retries: options.retries ?? 3 };
  return new Kafka({
    brokers: [...options.brokers],
    clientId: options.clientId,
    connectionTimeout: options.connectionTimeoutMs ?? 3000,
    requestTimeout: options.requestTimeoutMs ?? 10_000,
    enforceRequestTimeout: true,
    retry,
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => writeLibraryLine(options.logger, entry),
  });
}

/**
 * kafkajs writes an error line at every failed connect and join. Those who call it log an outage
 * once, with its end, so its own lines are for debugging only. Messages and headers never are in
 * them: of what kafkajs adds, the names listed here are copied and nothing else.
 */
function writeLibraryLine(logger: Logger, { namespace, log }: LogEntry): void {
  const { message, broker, groupId, topic, partition, retryCount } = log as Record<string, unknown>;
  logger.debug('kafkajs', {
    name: String(message),
    source: namespace,
    ...(typeof broker === 'string' ? { host: broker } : {}),
    ...(typeof groupId === 'string' ? { group: groupId } : {}),
    ...(typeof topic === 'string' ? { topic } : {}),
    ...(typeof partition === 'number' ? { partition } : {}),
    ...(typeof retryCount === 'number' ? { attempt: retryCount } : {}),
  });
}

let silenced = false;

/**
 * kafkajs 2.2.4 hands setTimeout a negative delay for every idle request queue, which Node 24
 * reports on stderr, past the log. Only this one warning is dropped.
 */
function silenceTimeoutNegativeWarning(): void {
  if (silenced) return;
  silenced = true;
  const emitWarning = process.emitWarning.bind(process) as (...args: unknown[]) => void;
  process.emitWarning = (...args: unknown[]): void => {
    if (args[1] === 'TimeoutNegativeWarning') return;
    emitWarning(...args);
  };
}
