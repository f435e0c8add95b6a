import { assertNever, type ErrorKind, type Problem } from '@plinth/kernel';
import { looksSensitive } from '@plinth/logging';
import { problemContentType, problemDocument } from './problem-document.js';

/** In whose shape a route tells its failures: our own (RFC 9457), or that of the specification whose clients it serves. */
export type ErrorDialect = 'problem' | 'openai' | 'ofrep';

/** A failure's body as it goes over the wire, in the dialect of its route. */
export interface EncodedError {
  readonly contentType: string;
  readonly body: string;
}

/** A problem as the body that the route's clients understand; status and headers are the same in each dialect. */
export function encodeError(dialect: ErrorDialect, problem: Problem, path: string, requestId: string): EncodedError {
  switch (dialect) {
    case 'problem':
      return { contentType: problemContentType, body: JSON.stringify(problemDocument(problem, path, requestId)) };
    case 'openai':
      return { contentType: 'application/json; charset=utf-8', body: JSON.stringify(openAiError(problem)) };
    case 'ofrep':
      return { contentType: 'application/json; charset=utf-8', body: JSON.stringify(ofrepError(problem, path)) };
    default:
      return assertNever(dialect);
  }
}

/** OpenAI's word for a kind of failure; every other is `invalid_request_error`. */
const types: Partial<Readonly<Record<ErrorKind, string>>> = {
  unauthenticated: 'authentication_error',
  forbidden: 'permission_error',
  throttled: 'rate_limit_error',
  internal: 'server_error',
  bad_gateway: 'server_error',
  unavailable: 'server_error',
  gateway_timeout: 'server_error',
  storage_full: 'server_error',
};

/** Of a throttle a client may try again soon; of a quota it must not, and the word for that stands before the kind's. */
const typesByCode: Readonly<Record<string, string>> = { quota_exhausted: 'insufficient_quota' };

/** What OpenAI's clients read of a failure; `param` is null where no one part of the request is at fault. */
export interface OpenAiError {
  readonly error: { readonly message: string; readonly type: string; readonly param: string | null; readonly code: string };
}

/**
 * OpenAI's error object (platform.openai.com/docs/guides/error-codes; its clients read `error` and the
 * status). `param` is the problem's member of that name, else the first invalid field; `code` is the
 * provider's where the problem's `providerCode` has one.
 */
export function openAiError(problem: Problem): OpenAiError {
  const { members, errors } = problem.extra;
  const named = members?.['param'];
  const param = typeof named === 'string' ? named : (errors?.[0]?.pointer.slice(1).replaceAll('/', '.') ?? null);
  const providerCode = members?.['providerCode'];
  // The one code that clients look for by name; ours tells apart more than they know.
  const own = problem.kind === 'unauthenticated' ? 'invalid_api_key' : problem.code;
  const code = typeof providerCode === 'string' ? providerCode : own;
  return { error: { message: problem.detail ?? 'The request failed.', type: typesByCode[problem.code] ?? types[problem.kind] ?? 'invalid_request_error', param, code } };
}

/** What clients of the OpenFeature Remote Evaluation Protocol read of a failure; `key` where one flag was asked for. */
export interface OfrepError {
  readonly key?: string;
  readonly errorCode: string;
  readonly errorDetails: string;
}

/** What keys of flags are made of; what a caller pasted in its place mostly is not (`toldPath`). */
const plainKey = /^[a-z]+(?:-(?:[a-z]+|\d{1,4}))*$/;
const toldKey = (key: string) => (plainKey.test(key) && !looksSensitive(key) ? key : '~');

const flagPath = /^\/ofrep\/v1\/evaluate\/flags\/([^/]+)$/;

/**
 * OFREP's evaluation failure (github.com/open-feature/protocol, service/openapi.yaml, 0.3.0). The error code is the problem's member of that
 * name, else OpenFeature's for a request that cannot be read, else its general one.
 */
export function ofrepError(problem: Problem, path: string): OfrepError {
  const named = problem.extra.members?.['errorCode'];
  const unnamed = problem.kind === 'malformed' ? 'PARSE_ERROR' : 'GENERAL';
  const key = flagPath.exec(path)?.[1];
  return { ...(key === undefined ? {} : { key: toldKey(key) }), errorCode: typeof named === 'string' ? named : unnamed, errorDetails: problem.detail ?? 'The request failed.' };
}
