import { randomBytes } from 'node:crypto';

/** A W3C trace context (Trace Context, section 3.2): version-traceid-parentid-flags; all zeros are invalid. */
const traceparentPattern = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** A place in a trace. The ids are lower-case hex, 32 and 16 digits, never all zeros. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  /** Bit 0: whoever began the trace records it. */
  readonly flags: number;
}

/** The context that a `traceparent` names; undefined for what is none. */
export function parseTraceparent(text: string | null | undefined): TraceContext | undefined {
  const [, traceId, spanId, flags] = traceparentPattern.exec(text ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, flags: parseInt(flags, 16) };
}

/** As a header, in version 00 (Trace Context, section 3.2). */
export function formatTraceparent({ traceId, spanId, flags }: TraceContext): string {
  return `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, '0')}`;
}

/** The caller's trace with a span of ours, or a new trace that asks to be recorded; for where no spans are. */
export function continueTrace(parent: string | null | undefined): TraceContext {
  const { traceId = randomBytes(16).toString('hex'), flags = 1 } = parseTraceparent(parent) ?? {};
  return { traceId, spanId: randomBytes(8).toString('hex'), flags };
}
