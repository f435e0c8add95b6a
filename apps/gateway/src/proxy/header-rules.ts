import type { IncomingMessage } from 'node:http';
import { isInternalHeader } from '@plinth/auth';
import { securityHeaders } from '../hardening/security-headers.js';
import { proxyErrors } from './proxy.errors.js';

/** Credentials end here: a service learns who calls from the internal identity, and could only lose them. */
const CREDENTIALS: readonly string[] = ['authorization', 'x-api-key', 'cookie', 'x-csrf-token', 'x-tenant-id'];
/** Set anew for each forwarded request. */
const REPLACED: readonly string[] = ['x-request-id', 'traceparent'];
/** Longest user agent that is passed on, in characters: as much as an audit entry takes. */
const MAX_USER_AGENT_LENGTH = 1_024;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Whether a request header stays behind. @param name in lower case */
export function dropsRequestHeader(name: string): boolean {
  return isInternalHeader(name) || CREDENTIALS.includes(name) || REPLACED.includes(name);
}

/** Whether an answer's header stays behind; the security headers are on the answer already. @param name in lower case */
export function dropsAnswerHeader(name: string): boolean {
  return isInternalHeader(name) || name in securityHeaders || name === 'server' || name === 'x-powered-by';
}

/**
 * Refuses what Node lets through and two readers could read differently.
 *
 * @throws Problem `header_malformed` (400)
 */
export function checkRequestHeaders({ rawHeaders, httpVersion }: Pick<IncomingMessage, 'rawHeaders' | 'httpVersion'>): void {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase();
    const value = rawHeaders[at + 1] ?? '';
    if (name === 'host') hosts += 1;
    // RFC 9112, section 6.1: a coding other than the one understood would change what the body is.
    if (name === 'transfer-encoding' && value.toLowerCase() !== 'chunked') throw proxyErrors.headerMalformed('The only transfer coding is chunked.');
    if (!isAscii(value) && decodeHeader(value) === null) throw proxyErrors.headerMalformed('A header is not valid UTF-8.');
  }
  // RFC 9112, section 3.2. HTTP/1.0 has no Host.
  if (hosts > 1 || (hosts === 0 && httpVersion !== '1.0')) throw proxyErrors.headerMalformed('A request has one Host header.');
}

/** The client's user agent as text, or null. Node hands header bytes over as Latin-1. */
export function readUserAgent(header: string | undefined): string | null {
  if (header === undefined || header === '') return null;
  const text = isAscii(header) ? header : decodeHeader(header);
  return text === null ? null : text.slice(0, MAX_USER_AGENT_LENGTH).toWellFormed();
}

function isAscii(value: string): boolean {
  for (let at = 0; at < value.length; at++) if (value.charCodeAt(at) > 0x7f) return false;
  return true;
}

function decodeHeader(value: string): string | null {
  try {
    return utf8.decode(Buffer.from(value, 'latin1'));
  } catch {
    return null;
  }
}
