import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import kafkajs, { type EachMessagePayload, type IHeaders, type KafkaMessage } from 'kafkajs';
import pg from 'pg';
import { constantOf, statementOf } from './guide-text.js';

const group = constantOf('GROUP');
const topic = constantOf('TOPIC');
export const redriveTopic = `plinth.redrive.${group}`;
const attempts = 5;
const [record, advance, keepStatus] = ['RECORD', 'ADVANCE', 'KEEP_STATUS'].map(statementOf);
const statuses: Readonly<Record<string, boolean>> = { 'tenant.suspended.v1': true, 'tenant.restored.v1': false };

interface Origin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly replays: number;
}

class Undecodable extends Error {}

interface Seen {
  readonly event: Event;
  readonly message: KafkaMessage;
  readonly outcome: Outcome;
}

type Outcome = 'handled' | 'duplicate' | 'stale' | 'put aside';

/** The guide's program by kafkajs and pg alone: its SQL, its rules, nothing of ours. One message at a time. */
export class PlainConsumer {
  /** The events of its types that it could read, in order, with what became of them. */
  readonly seen: Seen[] = [];
  /** Ids of events that its handler cannot do. */
  readonly broken = new Set<string>();
  private readonly consumer: kafkajs.Consumer;
  private readonly producer: kafkajs.Producer;
  private readonly database: pg.Client;

  private constructor(kafka: kafkajs.Kafka, databaseUrl: string) {
    this.consumer = kafka.consumer({ groupId: group, maxWaitTimeInMs: 100 });
    this.producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    this.database = new pg.Client({ connectionString: databaseUrl });
  }

  static async start(brokers: readonly string[], databaseUrl: string): Promise<PlainConsumer> {
    const started = new PlainConsumer(plainKafka(brokers), databaseUrl);
    await Promise.all([started.consumer.connect(), started.producer.connect(), started.database.connect()]);
    await started.database.query(constantOf('TABLES'));
    await started.consumer.subscribe({ topics: [topic, redriveTopic], fromBeginning: true });
    await started.consumer.run({ autoCommitInterval: 1000, eachMessage: (payload) => started.seeThrough(payload) });
    return started;
  }

  async stop(): Promise<void> {
    await Promise.all([this.consumer.disconnect(), this.producer.disconnect()]);
    await this.database.end();
  }

  private async seeThrough(payload: EachMessagePayload): Promise<void> {
    const origin = originOf(payload);
    const { message } = payload;
    try {
      const event = decode(message);
      if (event === undefined) return;
      this.seen.push({ event, message, outcome: await this.tryToApply(event, message, origin) });
    } catch (error) {
      if (!(error instanceof Undecodable)) throw error;
      await this.putAside(message, origin, 1, `UndecodableEvent:${error.message}`);
    }
  }

  private async tryToApply(event: Event, message: KafkaMessage, origin: Origin): Promise<Outcome> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.apply(event, origin);
      } catch (error) {
        if (attempt < attempts) continue;
        await this.putAside(message, origin, attempt, (error as Error).name);
        return 'put aside';
      }
    }
  }

  private async apply(event: Event, origin: Origin): Promise<Outcome> {
    const parameters = { ...origin, ...event, group, suspended: statuses[event.name] };
    const changed = async (statement: typeof record) => ((await this.database.query(statement!(parameters))).rowCount ?? 0) > 0;
    const inTransaction = async (): Promise<Outcome> => {
      if (!(await changed(record))) return 'duplicate';
      if (!(await changed(advance))) return 'stale';
      await changed(keepStatus);
      if (this.broken.has(event.id)) throw new RangeError('of the handler');
      return 'handled';
    };
    await this.database.query('BEGIN');
    try {
      const outcome = await inTransaction();
      await this.database.query('COMMIT');
      return outcome;
    } catch (error) {
      await this.database.query('ROLLBACK');
      throw error;
    }
  }

  private async putAside(message: KafkaMessage, origin: Origin, tries: number, error: string): Promise<void> {
    const facts = {
      ...{ dlq_topic: origin.topic, dlq_partition: String(origin.partition), dlq_offset: origin.offset },
      ...{ dlq_group: group, dlq_attempts: String(tries), dlq_error: error, dlq_failed_at: new Date().toISOString() },
      ...(origin.replays === 0 ? {} : { dlq_replay_count: String(origin.replays) }),
    };
    const own: IHeaders = Object.fromEntries(Object.entries(message.headers ?? {}).filter(([name]) => !name.startsWith('dlq_')));
    await this.producer.send({ topic: 'plinth.dead-letter', acks: -1, messages: [{ key: message.key, value: message.value, headers: { ...own, ...facts } }] });
  }
}

export function plainKafka(brokers: readonly string[]): kafkajs.Kafka {
  return new kafkajs.Kafka({ clientId: 'plinth-guide', brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING });
}

interface Event {
  readonly name: string;
  readonly id: string;
  readonly aggregate_type: string;
  readonly aggregate_id: string;
  readonly version: string;
}

/** @throws Undecodable at the first thing that is missing or malformed; undefined for a type that is nothing to us */
function decode({ value, headers = {} }: KafkaMessage): Event | undefined {
  const name = text(headers, 'ce_type');
  if (text(headers, 'ce_specversion') !== '1.0') throw new Undecodable('unsupported_specversion');
  if (!Object.hasOwn(statuses, name)) {
    if (Object.keys(statuses).some((known) => known.startsWith(name.replace(/\d+$/, '')))) throw new Undecodable('unhandled_version');
    return undefined;
  }
  const payload = parse(value);
  const schema = JSON.parse(readFileSync(resolve(import.meta.dirname, `../../../../libs/contracts/schemas/${name}.json`), 'utf8')) as { required: string[]; properties: object };
  // As much of JSON Schema as these two need.
  const members = Object.keys(payload);
  if (schema.required.some((one) => !members.includes(one)) || members.some((one) => !Object.hasOwn(schema.properties, one))) throw new Undecodable('schema_mismatch');
  return { name, id: text(headers, 'ce_id'), aggregate_type: text(headers, 'ce_aggregatetype'), aggregate_id: text(headers, 'ce_subject'), version: text(headers, 'ce_sequence') };
}

function parse(value: Buffer | null): object {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(value ?? Buffer.alloc(0))) as object;
  } catch {
    throw new Undecodable('malformed_json');
  }
}

function text(headers: IHeaders, name: string): string {
  const value = headers[name];
  if (value === undefined || Array.isArray(value)) throw new Undecodable(`missing_${name}`);
  return value.toString();
}

function originOf({ topic: own, partition, message }: EachMessagePayload): Origin {
  const { headers = {}, offset } = message;
  if (own !== redriveTopic || headers['dlq_topic'] === undefined) return { topic: own, partition, offset, replays: 0 };
  return { topic: text(headers, 'dlq_topic'), partition: Number(text(headers, 'dlq_partition')), offset: text(headers, 'dlq_offset'), replays: Number(text(headers, 'dlq_replay_count')) };
}
