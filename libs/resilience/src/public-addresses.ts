import { BlockList, isIP } from 'node:net';

/**
 * IPv4 networks that are not the public internet. Source: IANA IPv4 Special-Purpose Address Registry
 * (RFC 6890 and its updates), every entry that is not globally reachable, and multicast (RFC 5771).
 */
const specialIpv4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8], // "this network", unspecified
  ['10.0.0.0', 8], // private use
  ['100.64.0.0', 10], // shared address space: carrier-grade NAT
  ['127.0.0.0', 8], // loopback
  ['169.254.0.0', 16], // link local, where clouds keep their metadata
  ['172.16.0.0', 12], // private use
  ['192.0.0.0', 24], // IETF protocol assignments
  ['192.0.2.0', 24], // documentation
  ['192.88.99.0', 24], // 6to4 relays, deprecated
  ['192.168.0.0', 16], // private use
  ['198.18.0.0', 15], // benchmarking
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, and broadcast
  ['168.63.129.16', 32], // not IANA's: a public number by which Azure's machines reach their host
];

/**
 * Of IPv6 only the global unicast space is public (2000::/3, IANA IPv6 Address Space), without these
 * parts of it (IANA IPv6 Special-Purpose Address Registry). So what embeds an IPv4 address is out as a
 * whole, whichever it embeds: IPv4-mapped, IPv4-compatible, NAT64, 6to4, Teredo.
 */
const globalUnicastIpv6: readonly [string, number] = ['2000::', 3];
const specialIpv6: readonly (readonly [string, number])[] = [
  ['2001::', 23], // IETF protocol assignments: Teredo (2001::/32), benchmarking, ORCHID
  ['2001:db8::', 32], // documentation
  ['2002::', 16], // 6to4
  ['3fff::', 20], // documentation
];

const notPublic = new BlockList();
for (const [network, bits] of specialIpv4) notPublic.addSubnet(network, bits, 'ipv4');
for (const [network, bits] of specialIpv6) notPublic.addSubnet(network, bits, 'ipv6');
const globalUnicast = new BlockList();
globalUnicast.addSubnet(...globalUnicastIpv6, 'ipv6');

/** Which addresses may be connected to: those of the public internet, and those of the networks that are allowed besides. */
export class PublicAddresses {
  private readonly allowed = new BlockList();

  /** @param allowedNetworks as `10.1.0.0/16` or `::1/128`; for development and tests. @throws Error for what is none */
  constructor(allowedNetworks: readonly string[] = []) {
    for (const network of allowedNetworks) {
      const [address = '', bits = '', rest] = network.split('/');
      const family = isIP(address);
      if (family === 0 || !/^\d{1,3}$/.test(bits) || rest !== undefined) throw new Error('an allowed network must be written as address/bits');
      this.allowed.addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
    }
  }

  /** @param address in its usual form; anything else, a scope (`fe80::1%eth0`) too, is not allowed */
  allows(address: string): boolean {
    const family = isIP(address);
    if (family === 0 || address.includes('%')) return false;
    if (this.allowed.check(address, family === 4 ? 'ipv4' : 'ipv6')) return true;
    if (family === 4) return !notPublic.check(address, 'ipv4');
    return globalUnicast.check(address, 'ipv6') && !notPublic.check(address, 'ipv6');
  }
}
