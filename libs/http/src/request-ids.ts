import { randomBytes } from 'node:crypto';
import { newId } from '@plinth/kernel';
import { looksSensitive } from '@plinth/logging';

const REQUEST_ID = /^[A-Za-z0-9._-]{8,128}$/;
// W3C Trace Context, section 3.2: version-traceid-parentid-flags; all zeros are invalid.
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/;

/**
 * The caller's request id where it is well formed (8 to 128 of `A-Za-z0-9._-`), else a new one. A key or a
 * token that somebody sends as one is not taken: the id is logged, kept in the trail and shown in answers.
 */
export function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && REQUEST_ID.test(header) && !looksSensitive(header) ? header : newId();
}

/** The caller's trace with a span of ours, or a new trace. */
export function traceOf(header: string | string[] | undefined): { traceId: string; traceparent: string } {
  const match = typeof header === 'string' ? TRACEPARENT.exec(header) : null;
  const traceId = match?.[1] ?? randomBytes(16).toString('hex');
  return { traceId, traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-${match?.[2] ?? '01'}` };
}
