import kafkajs from 'kafkajs';
import { say, UserError } from './output.ts';
import { homeAt } from './paths.ts';
import { savedSettings } from './settings.ts';
import { textTable } from './status.ts';
import { brokersOf } from './up.ts';

/** Prints every topic with its partitions, and how many messages lie between their first and their end offsets. */
export async function listTopics(path: string): Promise<number> {
  const settings = savedSettings(homeAt(path));
  if (settings === undefined) throw new UserError('there is no stack here yet: make up starts one');
  const brokers = [...brokersOf(settings)];
  const client = new kafkajs.Kafka({ clientId: 'plinth-dev-stack', brokers, logLevel: kafkajs.logLevel.NOTHING, connectionTimeout: 2_000, retry: { retries: 1 } });
  const admin = client.admin();
  try {
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata();
    const named = topics.map((topic) => topic.name).filter((name) => !name.startsWith('__')).sort();
    const rows = await Promise.all(named.map(async (name) => topicRow(name, await admin.fetchTopicOffsets(name))));
    say(textTable(['topic', 'partitions', 'messages', 'end offsets'], rows));
    return 0;
  } catch (error) {
    throw new UserError(`Kafka at ${brokers.join(', ')} does not answer (${(error as Error).message}): make up starts it, make logs s=kafka shows its log`);
  } finally {
    await admin.disconnect();
  }
}

interface PartitionOffsets {
  readonly partition: number;
  readonly low: string;
  readonly high: string;
}

/** Messages that retention removed no longer count; end offsets do. */
export function topicRow(name: string, offsets: readonly PartitionOffsets[]): string[] {
  const sorted = offsets.toSorted((one, other) => one.partition - other.partition);
  const messages = sorted.reduce((sum, entry) => sum + BigInt(entry.high) - BigInt(entry.low), 0n);
  return [name, String(sorted.length), String(messages), sorted.map((entry) => entry.high).join(' ')];
}
