import { isIP } from 'node:net';
import type { Problem } from '@plinth/kernel';
import { PublicAddresses } from './public-addresses.js';
import { upstreamErrors } from './upstream.errors.js';

/** What may be called; by default HTTPS at port 443 of the public internet. */
export interface TargetRulesOptions {
  /** Default: `https:` alone. */
  readonly protocols?: readonly ('http:' | 'https:')[];
  /** Ports that may be called; default 443. */
  readonly ports?: readonly number[];
  /** Networks that may be called beside the public internet, as `10.1.0.0/16`; for development and tests, none by default. */
  readonly allowedNetworks?: readonly string[];
}

const maxUrlLength = 2_048;
const defaultPorts: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/**
 * What a tenant may name as a target. `new URL` reads it as a browser does (WHATWG URL Standard), and what
 * it made of it is what is checked and called: an IPv4 address in decimal, octal, hexadecimal, shortened
 * or full-width digits has become four numbers by then.
 *
 * A name is checked when it is connected to, by the addresses that it then has (`checkedConnector`).
 */
export class TargetRules {
  readonly addresses: PublicAddresses;
  private readonly protocols: readonly ('http:' | 'https:')[];
  private readonly ports: readonly number[];

  constructor({ protocols = ['https:'], ports = [443], allowedNetworks = [] }: TargetRulesOptions = {}) {
    this.protocols = protocols;
    this.ports = ports;
    this.addresses = new PublicAddresses(allowedNetworks);
  }

  /** @throws Problem `target_forbidden` (422) that says which rule it breaks */
  read(text: string): URL {
    const url = text.length <= maxUrlLength && URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined) throw upstreamErrors.targetForbidden(`The target must be a URL of at most ${maxUrlLength} characters.`);
    if (!this.protocols.some((protocol) => protocol === url.protocol)) throw upstreamErrors.targetForbidden(`The target must begin with ${this.protocols.join('// or ')}//.`);
    if (url.username !== '' || url.password !== '') throw upstreamErrors.targetForbidden('The target must hold no user name and no password.');
    const port = url.port === '' ? defaultPorts[url.protocol] : Number(url.port);
    if (port === undefined || !this.ports.includes(port)) throw upstreamErrors.targetForbidden(`The target must use port ${this.ports.join(' or ')}.`);
    const address = addressIn(url.hostname);
    if (isLocalName(url.hostname) || (address !== undefined && !this.addresses.allows(address))) throw addressForbidden();
    return url;
  }
}

/** These mean the machine itself whatever DNS says (RFC 6761, section 6.3). */
function isLocalName(hostname: string): boolean {
  return /(?:^|\.)localhost\.?$/.test(hostname);
}

/** The address, where the host of a URL is one; undefined for a name. */
export function addressIn(hostname: string): string | undefined {
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  return isIP(bare) === 0 ? undefined : bare;
}

/** The target is, or its name leads to, an address that is not public. It does not say which: that would map our network. */
export function addressForbidden(): Problem {
  return upstreamErrors.targetForbidden('The target must be on the public internet.');
}
