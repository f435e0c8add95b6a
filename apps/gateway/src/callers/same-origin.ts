import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a request may come from a page of this origin, as far as its browser tells: `Sec-Fetch-Site` (W3C Fetch Metadata) where there is one, `Origin`
 * else (the algorithm of Go's `net/http.CrossOriginProtection`). Pages of sibling domains are others. No browser of today leaves both out of a
 * request that changes something; what has neither is a program.
 *
 * @param publicOrigin of the gateway, for a proxy in front may give it another `Host`
 */
export function isSameOrigin(headers: IncomingHttpHeaders, publicOrigin: string): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const { origin, host } = headers;
  if (origin === undefined) return true;
  return origin === publicOrigin || (URL.canParse(origin) && new URL(origin).host === host);
}
