import type { IncomingHttpHeaders } from 'node:http';

/** Headers of one connection, not of the message (RFC 9110, section 7.6.1), with the older names. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

type HeaderValues = IncomingHttpHeaders | Readonly<Record<string, string | string[] | undefined>>;

/**
 * The headers that go on to the next hop, as a flat list of names and values: without those of the
 * connection, without those that `Connection` names, without those that `drop` refuses.
 *
 * @param headers names in lower case
 */
export function endToEndHeaders(headers: HeaderValues, drop: (name: string) => boolean): string[] {
  const named = namedByConnection(headers['connection']);
  const list: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || HOP_BY_HOP.has(name) || named?.has(name) === true || drop(name)) continue;
    if (typeof value === 'string') list.push(name, value);
    else for (const item of value) list.push(name, item);
  }
  return list;
}

function namedByConnection(value: string | string[] | undefined): ReadonlySet<string> | undefined {
  // The everyday values name no header, so no set is built for them.
  if (value === undefined || value === 'keep-alive' || value === 'close') return undefined;
  const names = String(value).split(',').map((name) => name.trim().toLowerCase());
  return new Set(names);
}
