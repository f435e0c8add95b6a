import { BlockList, isIP, SocketAddress } from 'node:net';

/** An address or a network, e.g. `10.0.0.0/8`, `2001:db8::/32`, `127.0.0.1`. */
const NETWORK = /^([0-9a-f.:]+)(?:\/(\d{1,3}))?$/i;

/**
 * The address of the client. `X-Forwarded-For` is believed only as far as trusted proxies have
 * written it: read from the right, the first address that is not a trusted proxy's is the client's.
 */
export class ClientAddress {
  private readonly trusted = new BlockList();

  /** @param networks of the proxies in front. @throws Error for what is no network */
  constructor(networks: readonly string[]) {
    for (const network of networks) addNetwork(this.trusted, network);
  }

  /**
   * @param peer the socket's remote address
   * @param forwardedFor the `X-Forwarded-For` header
   * @returns null where the socket has no address any more
   */
  of(peer: string | undefined, forwardedFor: string | string[] | undefined): string | null {
    let client = normalizeAddress(peer ?? '');
    if (client === null || forwardedFor === undefined || !this.isTrusted(client)) return client;
    const hops = String(forwardedFor).split(',');
    for (const hop of hops.reverse()) {
      const address = normalizeAddress(withoutPort(hop.trim()));
      // What is no address was not written by a proxy that we trust: what lies beyond it counts for nothing.
      if (address === null) return client;
      client = address;
      if (!this.isTrusted(address)) return client;
    }
    return client;
  }

  private isTrusted(address: string): boolean {
    return this.trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
}

/** The one way to write an address: IPv4 also where IPv6 carries it, IPv6 as RFC 5952 has it, no zone. Null for no address. */
export function normalizeAddress(text: string): string | null {
  const bare = text.replace(/%.*$/, '');
  const family = isIP(bare);
  if (family === 0) return null;
  if (family === 4) return bare;
  const { address } = new SocketAddress({ address: bare, family: 'ipv6' });
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  return mapped ?? address;
}

/** `192.0.2.1:1234` and `[2001:db8::1]:1234` as some proxies write them. */
function withoutPort(hop: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(hop)?.[1];
  return bracketed ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(hop)?.[1] ?? hop;
}

function addNetwork(list: BlockList, network: string): void {
  const [, address = '', length] = NETWORK.exec(network) ?? [];
  const family = isIP(address);
  const bits = family === 6 ? 128 : 32;
  const prefix = length === undefined ? bits : Number(length);
  if (family === 0 || prefix > bits) throw new Error('must be addresses or networks in CIDR notation, separated by commas');
  list.addSubnet(address, prefix, family === 6 ? 'ipv6' : 'ipv4');
}
