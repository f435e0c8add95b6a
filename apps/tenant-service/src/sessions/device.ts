import type { RequestContext } from '@plinth/http';

/** From where and by what a session was opened. */
export interface Device {
  readonly userAgent: string | null;
  readonly ip: string | null;
}

/** Characters of a user agent that are kept; browsers need about 120. */
const longestUserAgent = 256;

/** What is kept of the request that opens a session. */
export function deviceOf({ userAgent, clientIp }: Pick<RequestContext, 'userAgent' | 'clientIp'>): Device {
  return { userAgent: cleanUserAgent(userAgent), ip: clientIp };
}

/** A line of text that shows as what it is: nothing that a page or a terminal would obey, or that turns what stands around it. Null for nothing. */
export function cleanUserAgent(text: string | null): string | null {
  // Control and format characters, of which those that turn the direction of writing are some, and line and paragraph separators.
  const clean = (text ?? '').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').replace(/ +/g, ' ').trim();
  return clean === '' ? null : Array.from(clean.toWellFormed()).slice(0, longestUserAgent).join('').trim();
}
