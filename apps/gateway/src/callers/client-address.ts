import { NetworkList, normalizeAddress } from '@plinth/kernel';

/**
 * The address of the client. `X-Forwarded-For` is believed only as far as trusted proxies have
 * written it: read from the right, the first address that is not a trusted proxy's is the client's.
 */
export class ClientAddress {
  private readonly trusted: NetworkList;

  /** @param networks of the proxies in front. @throws Error for what is no network */
  constructor(networks: readonly string[]) {
    this.trusted = new NetworkList(networks);
  }

  /**
   * @param peer the socket's remote address
   * @param forwardedFor the `X-Forwarded-For` header
   * @returns null where the socket has no address any more
   */
  of(peer: string | undefined, forwardedFor: string | string[] | undefined): string | null {
    let client = normalizeAddress(peer ?? '');
    if (client === null || forwardedFor === undefined || !this.trusted.has(client)) return client;
    const hops = String(forwardedFor).split(',');
    for (const hop of hops.reverse()) {
      const address = normalizeAddress(withoutPort(hop.trim()));
      // What is no address was not written by a proxy that we trust: what lies beyond it counts for nothing.
      if (address === null) return client;
      client = address;
      if (!this.trusted.has(address)) return client;
    }
    return client;
  }
}

/** `192.0.2.1:1234` and `[2001:db8::1]:1234` as some proxies write them. */
function withoutPort(hop: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(hop)?.[1];
  return bracketed ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(hop)?.[1] ?? hop;
}
