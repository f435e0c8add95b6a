import { Resolver } from 'node:dns/promises';
import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import type { PublicAddresses } from './public-addresses.js';
import { addressForbidden, addressIn } from './target-rules.js';

/** Which addresses may be dialled, in what time, and who resolves names to them. */
export interface CheckedConnectorOptions {
  readonly addresses: PublicAddresses;
  readonly connectTimeoutMs: number;
  /** Name servers as `address:port`; by default those of the machine. */
  readonly nameServers?: readonly string[] | undefined;
}

const dnsTimeoutMs = 1_000;
const dnsTries = 2;

/**
 * Connects to public addresses alone. A name is resolved once a connection, inside of it, and the very
 * addresses that were checked are those that it dials: a name that answers differently the next time
 * (DNS rebinding) gains nothing. One address that is not public refuses them all.
 *
 * Names are asked of DNS over the network, not of the system (`getaddrinfo`): that knows the hosts file
 * and the search domains of the cluster, and blocks one of the process's few threads while it waits.
 */
export function checkedConnector({ addresses, connectTimeoutMs, nameServers }: CheckedConnectorOptions): buildConnector.connector {
  const resolver = new Resolver({ timeout: dnsTimeoutMs, tries: dnsTries });
  if (nameServers !== undefined) resolver.setServers(nameServers);

  const lookup: LookupFunction = (hostname, options, callback) => {
    addressesOf(resolver, hostname).then(
      (found) => {
        const [first] = found;
        if (first === undefined || !found.every(({ address }) => addresses.allows(address))) callback(addressForbidden(), '');
        else if (options.all === true) callback(null, found);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };
  const connect = buildConnector({ lookup, timeout: connectTimeoutMs, allowH2: false });
  return (options, callback) => {
    // For an address there is no look-up.
    const address = addressIn(options.hostname);
    if (address === undefined || addresses.allows(address)) connect(options, callback);
    else queueMicrotask(() => callback(addressForbidden(), null));
  };
}

/** @throws Error ENOTFOUND where the name has no address, or nobody answers */
async function addressesOf(resolver: Resolver, hostname: string): Promise<LookupAddress[]> {
  const [ipv4, ipv6] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  const found = [
    ...(ipv4.status === 'fulfilled' ? ipv4.value.map((address) => ({ address, family: 4 })) : []),
    ...(ipv6.status === 'fulfilled' ? ipv6.value.map((address) => ({ address, family: 6 })) : []),
  ];
  if (found.length === 0) throw Object.assign(new Error('the name has no address', { cause: (ipv4 as PromiseRejectedResult).reason }), { code: 'ENOTFOUND' });
  return found;
}
