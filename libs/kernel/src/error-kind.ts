import { assertNever } from './assert-never.js';

/** What went wrong, in the terms a caller can act on. */
export type ErrorKind =
  | 'malformed'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'not_acceptable'
  | 'timeout'
  | 'conflict'
  | 'precondition_failed'
  | 'too_large'
  | 'uri_too_long'
  | 'unsupported_media_type'
  | 'invalid'
  | 'precondition_required'
  | 'throttled'
  | 'header_too_large'
  | 'internal'
  | 'bad_gateway'
  | 'unavailable'
  | 'gateway_timeout'
  | 'storage_full';

/** What follows from a kind, wherever the failure comes up. */
export interface ErrorTreatment {
  /** The HTTP status (contract: "HTTP", errors). */
  readonly status: number;
  /**
   * Of an event whose handler fails with it: `dead_letter` where the message itself is at fault, so that another try
   * would end the same way; `retry` where the world around it may change.
   */
  readonly onKafka: 'retry' | 'dead_letter';
  /** `error` is for an operator to act on, `warn` for what mends itself, `debug` for what is the caller's matter. */
  readonly logLevel: 'error' | 'warn' | 'debug';
}

/** The one table of kinds: status, what becomes of an event, and how loud the log is. */
export function treatmentOf(kind: ErrorKind): ErrorTreatment {
  switch (kind) {
    case 'malformed':
      return { status: 400, onKafka: 'dead_letter', logLevel: 'debug' };
    case 'unauthenticated':
      return { status: 401, onKafka: 'retry', logLevel: 'debug' };
    case 'forbidden':
      return { status: 403, onKafka: 'retry', logLevel: 'debug' };
    case 'not_found':
      return { status: 404, onKafka: 'retry', logLevel: 'debug' };
    case 'method_not_allowed':
      return { status: 405, onKafka: 'dead_letter', logLevel: 'debug' };
    case 'not_acceptable':
      return { status: 406, onKafka: 'dead_letter', logLevel: 'debug' };
    case 'timeout':
      return { status: 408, onKafka: 'retry', logLevel: 'debug' };
    case 'conflict':
      return { status: 409, onKafka: 'retry', logLevel: 'debug' };
    case 'precondition_failed':
      return { status: 412, onKafka: 'retry', logLevel: 'debug' };
    case 'too_large':
      return { status: 413, onKafka: 'dead_letter', logLevel: 'debug' };
    case 'uri_too_long':
      return { status: 414, onKafka: 'dead_letter', logLevel: 'debug' };
    case 'unsupported_media_type':
      return { status: 415, onKafka: 'dead_letter', logLevel: 'debug' };
    case 'invalid':
      return { status: 422, onKafka: 'dead_letter', logLevel: 'debug' };
    case 'precondition_required':
      return { status: 428, onKafka: 'dead_letter', logLevel: 'debug' };
    case 'throttled':
      return { status: 429, onKafka: 'retry', logLevel: 'debug' };
    case 'header_too_large':
      return { status: 431, onKafka: 'dead_letter', logLevel: 'debug' };
    case 'internal':
      return { status: 500, onKafka: 'retry', logLevel: 'error' };
    case 'bad_gateway':
      return { status: 502, onKafka: 'retry', logLevel: 'warn' };
    case 'unavailable':
      return { status: 503, onKafka: 'retry', logLevel: 'warn' };
    case 'gateway_timeout':
      return { status: 504, onKafka: 'retry', logLevel: 'warn' };
    case 'storage_full':
      return { status: 507, onKafka: 'retry', logLevel: 'error' };
    default:
      return assertNever(kind);
  }
}

/** The HTTP status of a kind. */
export function statusOf(kind: ErrorKind): number {
  return treatmentOf(kind).status;
}
