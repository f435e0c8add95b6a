import { newId } from '@plinth/kernel';
import { looksSensitive } from '@plinth/logging';
import { continueTrace, formatTraceparent } from '@plinth/telemetry';

const REQUEST_ID = /^[A-Za-z0-9._-]{8,128}$/;

/**
 * The caller's request id where it is well formed (8 to 128 of `A-Za-z0-9._-`), else a new one. A key or a
 * token that somebody sends as one is not taken: the id is logged, kept in the trail and shown in answers.
 */
export function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && REQUEST_ID.test(header) && !looksSensitive(header) ? header : newId();
}

/** The caller's trace with a span id of ours, or a new trace: where no spans are recorded it goes on all the same. */
export function traceOf(header: string | string[] | undefined): { traceId: string; traceparent: string } {
  const context = continueTrace(typeof header === 'string' ? header : null);
  return { traceId: context.traceId, traceparent: formatTraceparent(context) };
}
