import { BlockList, isIP, SocketAddress } from 'node:net';

/** An address or a network, e.g. `10.0.0.0/8`, `2001:db8::/32`, `127.0.0.1`. */
const NETWORK = /^([0-9a-f.:]{2,45})(?:\/(\d{1,3}))?$/i;
/** Of the addresses of IPv4 in IPv6 (RFC 4291, section 2.5.5.2). */
const MAPPED_BITS = 96;

/** A block of addresses. */
export interface Network {
  /** As `normalizeAddress` writes it. */
  readonly address: string;
  /** Bits that all its addresses have in common. */
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
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

/** Reads an address or a network in CIDR notation (RFC 4632, RFC 4291); null for what is neither. A network of mapped addresses is one of IPv4. */
export function parseNetwork(text: string): Network | null {
  const [, written = '', length] = NETWORK.exec(text) ?? [];
  const bits = isIP(written) === 6 ? 128 : 32;
  const prefix = length === undefined ? bits : Number(length);
  const address = normalizeAddress(written);
  if (address === null || prefix > bits) return null;
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (family === 'ipv4' && bits === 128) return prefix < MAPPED_BITS ? null : { address, prefix: prefix - MAPPED_BITS, family };
  return { address, prefix, family };
}

/** A network as it is stored and shown. */
export function networkText({ address, prefix }: Network): string {
  return `${address}/${prefix}`;
}

/** Networks, to be asked whether an address is in one of them. */
export class NetworkList {
  private readonly list = new BlockList();

  /** @throws Error for what is no network */
  constructor(networks: readonly string[]) {
    for (const text of networks) {
      const network = parseNetwork(text);
      if (network === null) throw new Error('must be addresses or networks in CIDR notation, separated by commas');
      this.list.addSubnet(network.address, network.prefix, network.family);
    }
  }

  /** @param address as `normalizeAddress` writes it */
  has(address: string): boolean {
    return this.list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
}
