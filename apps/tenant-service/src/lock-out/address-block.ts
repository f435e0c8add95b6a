import { isIPv4, isIPv6 } from 'node:net';

/**
 * What counts as one place: an IPv4 address, or the /64 of an IPv6 one, for whoever has one address of it has them all (RFC 6177).
 *
 * @param address as the gateway tells it; null and what is no address are one place
 */
export function addressBlock(address: string | null): string {
  if (address === null) return 'unknown';
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (isIPv4(address)) return address;
  return isIPv6(address) ? `${groupsOf(address).slice(0, 4).join(':')}::/64` : 'unknown';
}

/** The eight groups of an IPv6 address without leading zeros (RFC 5952, section 4.1). */
function groupsOf(address: string): string[] {
  // Written out by the URL parser, which also turns a dotted end into groups.
  const compressed = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1);
  const [head = '', tail] = compressed.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array<string>(8 - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after];
}
