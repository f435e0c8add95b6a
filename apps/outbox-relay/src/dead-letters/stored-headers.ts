import type { RawHeader } from '@plinth/kafka';

/** A header in the table: name and base64 of the value; null for one without a value. */
export type StoredHeader = readonly [name: string, value: string | null];

/**
 * Headers as JSON that gives back every byte. jsonb holds any text but NUL, so a name's NUL is written
 * `%00`, and its percent sign `%25`.
 */
export function storeHeaders(headers: readonly RawHeader[]): StoredHeader[] {
  return headers.map(({ name, value }) => [name.replace(/[%\0]/g, encodeURIComponent), value?.toString('base64') ?? null]);
}

export function readHeaders(stored: readonly StoredHeader[]): RawHeader[] {
  return stored.map(([name, value]) => ({
    name: name.replace(/%(?:00|25)/g, decodeURIComponent),
    value: value === null ? null : Buffer.from(value, 'base64'),
  }));
}
