import { createHash } from 'node:crypto';
import { TextDecoder } from 'node:util';
import type { RawHeader, RawMessage } from '@plinth/kafka';
import { isUuid } from '@plinth/kernel';
import { looksSensitive } from '@plinth/logging';

/** What a dead letter says of itself. All of it comes from headers that anyone may have written: each is null unless it is sound. */
export interface LetterFacts {
  readonly group: string | null;
  readonly topic: string | null;
  readonly partition: number | null;
  /** Decimal; above what a JavaScript number holds exactly. */
  readonly offset: string | null;
  readonly attempts: number | null;
  readonly error: string | null;
  readonly failedAt: Date | null;
  readonly eventId: string | null;
  readonly eventType: string | null;
  readonly tenantId: string | null;
  /** How often the message had been sent again when it failed. */
  readonly replayCount: number;
}

/** What the dead letter's writer added to the message's own headers; `dlq_replay_count` only at later failures. */
export const letterHeaders: ReadonlySet<string> = new Set([
  'dlq_topic',
  'dlq_partition',
  'dlq_offset',
  'dlq_group',
  'dlq_attempts',
  'dlq_error',
  'dlq_failed_at',
  'dlq_replay_count',
]);

export function factsOf({ headers }: Pick<RawMessage, 'headers'>): LetterFacts {
  const text = (name: string) => textOf(headers, name);
  const name = (header: string) => nameIn(text(header));
  const uuid = (name: string) => text(name)?.toLowerCase() ?? null;
  const number = (name: string) => (/^\d{1,9}$/.test(text(name) ?? '') ? Number(text(name)) : null);
  const failedAt = new Date(text('dlq_failed_at') ?? NaN);
  const [offset, eventId, tenantId] = [text('dlq_offset'), uuid('ce_id'), uuid('ce_tenantid')];
  return {
    group: name('dlq_group'),
    topic: name('dlq_topic'),
    partition: number('dlq_partition'),
    offset: offset !== null && /^\d{1,18}$/.test(offset) ? offset : null,
    attempts: number('dlq_attempts'),
    error: name('dlq_error'),
    failedAt: isStorable(failedAt) ? failedAt : null,
    eventId: eventId !== null && isUuid(eventId) ? eventId : null,
    eventType: name('ce_type'),
    tenantId: tenantId !== null && isUuid(tenantId) ? tenantId : null,
    replayCount: number('dlq_replay_count') ?? 0,
  };
}

/**
 * The same for two letters that tell of one failure: of the same message (key, value, own headers), from the same place, by the
 * same group, after as many times of being sent again. The bytes belong to it, for offsets begin anew where a topic is made
 * anew. SHA-256; null where the letter does not say who failed where.
 */
export function failureDigest(message: Pick<RawMessage, 'key' | 'value' | 'headers'>): Buffer | null {
  const { group, topic, partition, offset, replayCount } = factsOf(message);
  if (group === null || topic === null || partition === null || offset === null) return null;
  const own = message.headers.filter(({ name }) => !letterHeaders.has(name)).map(({ name, value }) => [name, base64(value)]);
  const failure = [group, topic, partition, offset, replayCount, base64(message.key), base64(message.value), own];
  return createHash('sha256').update(JSON.stringify(failure)).digest();
}

function base64(bytes: Buffer | null): string | null {
  return bytes?.toString('base64') ?? null;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const maxTextLength = 249;

/** The header as text where it stands once, is UTF-8 without control characters, and is no longer than a topic's name may be. */
function textOf(headers: readonly RawHeader[], name: string): string | null {
  const [first, ...more] = headers.filter((header) => header.name === name);
  if (first?.value === undefined || first.value === null || more.length > 0) return null;
  const text = tryDecode(first.value);
  return text === null || text === '' || text.length > maxTextLength || /\p{Cc}/u.test(text) ? null : text;
}

/**
 * The text where it is a name: of a topic, a group, an event's type, an error's class with its code. Operators are shown it in
 * lists, so what says something else, or looks like a secret, is not taken for one.
 */
function nameIn(text: string | null): string | null {
  return text !== null && /^\w[\w.:-]*$/.test(text) && !looksSensitive(text) ? text : null;
}

/** The bytes as text where they are UTF-8. */
export function tryDecode(bytes: Buffer): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

/** JavaScript knows years that would need another notation on the way to PostgreSQL. */
function isStorable(time: Date): boolean {
  return !Number.isNaN(time.getTime()) && time.getUTCFullYear() >= 1970 && time.getUTCFullYear() <= 9999;
}
