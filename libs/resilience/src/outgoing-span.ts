import { Problem } from '@plinth/kernel';
import type { Tracing } from '@plinth/telemetry';

/** A call as its span tells of it. */
export interface Outgoing {
  readonly tracing: Tracing | undefined;
  readonly destination: string;
  readonly method?: string;
  /** Of the request that the call is made for. */
  readonly traceparent: string | undefined;
}

/**
 * Makes a try as a span of the caller's trace. Outside of a trace it makes none: polls and probes would
 * each begin one. Paths hold ids and queries hold anything, so a span has the destination's name.
 *
 * @param work is given the `traceparent` to send along
 */
export async function withSpan<T>(call: Outgoing, work: (traceparent: string | undefined) => Promise<T>, statusOf?: (result: T) => number): Promise<T> {
  const { tracing, destination, method, traceparent } = call;
  const name = method === undefined ? destination : `${method} ${destination}`;
  const fields = { destination, ...(method === undefined ? {} : { method }) };
  const span = traceparent === undefined ? undefined : tracing?.start({ name, kind: 'client', parent: traceparent, fields });
  try {
    const result = await work(span?.traceparent ?? traceparent);
    const status = statusOf?.(result);
    span?.end(status === undefined ? {} : { fields: { status }, failed: status >= 500 });
    return result;
  } catch (error) {
    span?.end({ fields: { error: error instanceof Problem ? error.code : error instanceof Error ? error.name : 'unknown' }, failed: true });
    throw error;
  }
}
