import type { ListedLetter, WholeLetter } from './dead-letters.repository.js';
import { tryDecode } from './received-letter.js';
import { readHeaders } from './stored-headers.js';

/** A dead letter as operators list it: where it comes from and what became of it, and nothing of what it says. */
export type DeadLetterView = ReturnType<typeof deadLetterView>;

export function deadLetterView(row: ListedLetter) {
  return {
    id: row.id,
    status: row.status,
    group: row.consumer_group,
    topic: row.topic,
    partition: row.partition,
    offset: row.offset,
    attempts: row.attempts,
    error: row.error,
    failedAt: row.failed_at,
    eventId: row.event_id,
    eventType: row.event_type,
    tenantId: row.tenant_id,
    valueBytes: row.value_bytes,
    replayCount: row.replay_count,
    redriveRequestedAt: row.redrive_requested_at,
    redrivenAt: row.redriven_at,
    redrivenBy: row.redriven_by,
    redriveError: row.redrive_error,
    receivedAt: row.received_at,
    letter: { topic: row.letter_topic, partition: row.letter_partition, offset: row.letter_offset },
  };
}

/** The whole letter: bytes as base64 beside what can be read of them. `json` is there where the value is JSON. */
export function wholeLetterView(row: WholeLetter) {
  return {
    ...deadLetterView(row),
    key: row.key?.toString('base64') ?? null,
    value: row.value?.toString('base64') ?? null,
    ...parsedJson(row.value),
    headers: readHeaders(row.headers).map(({ name, value }) => ({
      name,
      value: value?.toString('base64') ?? null,
      text: value === null ? null : tryDecode(value),
    })),
  };
}

// As deep as bodies may be. Deeper ones could be parsed, and would end the stack when they are written again.
const maxDepth = 64;

function parsedJson(value: Buffer | null): { json?: unknown } {
  const text = value === null ? null : tryDecode(value);
  if (text === null) return {};
  try {
    const json: unknown = JSON.parse(text);
    return isDeeperThan(maxDepth, json) ? {} : { json };
  } catch {
    return {};
  }
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeperThan(levels - 1, member));
}
