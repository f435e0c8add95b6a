import { defineErrors, type FieldError } from '@plinth/kernel';

/** What every route can answer before its service method has begun, and after it has failed unexpectedly. */
export const httpErrors = defineErrors({
  urlMalformed: {
    code: 'url_malformed',
    kind: 'malformed',
    detail: 'The path or the query is not valid percent-encoded UTF-8.',
    remedy: 'Encode the parts of the URL as UTF-8; a NUL character, dot segments and encoded slashes are refused too.',
    with: (detail?: string) => (detail === undefined ? {} : { detail }),
  },
  urlTooLong: {
    code: 'url_too_long',
    kind: 'uri_too_long',
    detail: 'A part of the path is too long.',
    remedy: 'A URL has at most 8192 characters, a part of its path at most 512.',
    with: (detail?: string) => (detail === undefined ? {} : { detail }),
  },
  requestMalformed: {
    code: 'request_malformed',
    kind: 'malformed',
    detail: 'Malformed request.',
    remedy: 'Compare the request with the API document.',
    with: (cause?: unknown) => ({ cause }),
  },
  jsonMalformed: {
    code: 'json_malformed',
    kind: 'malformed',
    detail: 'The body is not valid JSON.',
    remedy: 'Send one JSON object in UTF-8, at most 64 deep, each name once, without NUL, lone surrogates or names that reach into prototypes.',
    with: (detail?: string) => (detail === undefined ? {} : { detail }),
  },
  bodyRequired: {
    code: 'body_required',
    kind: 'malformed',
    detail: 'This request needs a JSON body.',
    remedy: 'Send a JSON object with Content-Type: application/json.',
  },
  contentTypeUnsupported: {
    code: 'content_type_unsupported',
    kind: 'unsupported_media_type',
    detail: 'Bodies are read as JSON in UTF-8 only.',
    remedy: 'Send Content-Type: application/json, with no charset or with utf-8.',
  },
  contentEncodingUnsupported: {
    code: 'content_encoding_unsupported',
    kind: 'unsupported_media_type',
    detail: 'Bodies are read plain, or packed once by gzip, deflate or br.',
    remedy: 'Leave Content-Encoding out, or name one of the three.',
    headers: { 'accept-encoding': 'gzip, deflate, br' },
  },
  bodyUndecodable: {
    code: 'body_undecodable',
    kind: 'malformed',
    detail: 'The body is not packed as Content-Encoding says.',
    remedy: 'Send the body plain, or packed by what Content-Encoding names.',
  },
  notAcceptable: {
    code: 'not_acceptable',
    kind: 'not_acceptable',
    detail: 'The route has no answer of a type that Accept takes.',
    remedy: 'Leave Accept out, or let it take the types that the API document names.',
  },
  validationFailed: {
    code: 'validation_failed',
    kind: 'invalid',
    detail: 'The body has invalid members.',
    remedy: 'Mend what `errors` points at; a member that the API document does not name is refused as well.',
    with: (errors: readonly FieldError[]) => ({ errors }),
  },
  queryInvalid: {
    code: 'query_invalid',
    kind: 'malformed',
    detail: 'The query has invalid parameters.',
    remedy: 'Mend what `errors` points at; a parameter that the API document does not name is refused as well.',
    with: (errors: readonly FieldError[]) => ({ errors }),
  },
  idMalformed: {
    code: 'id_malformed',
    kind: 'malformed',
    detail: 'The id in the path is not a UUID.',
    remedy: 'Use the id as an earlier answer gave it.',
  },
  cursorInvalid: {
    code: 'cursor_invalid',
    kind: 'malformed',
    detail: 'The cursor is not one of this list. Begin again without it.',
    remedy: 'Pass `nextCursor` as it is, to the same list with the same filters.',
  },
  preconditionFailed: {
    code: 'precondition_failed',
    kind: 'precondition_failed',
    detail: 'The resource has changed since you read it. Read it again.',
    remedy: 'Read the resource again, decide anew, and send the new ETag in If-Match.',
  },
  preconditionRequired: {
    code: 'precondition_required',
    kind: 'precondition_required',
    detail: 'This change needs If-Match.',
    remedy: 'Read the resource, and send its ETag in If-Match; * stands for whatever is there.',
  },
  routeNotFound: {
    code: 'route_not_found',
    kind: 'not_found',
    detail: 'There is no such route.',
    remedy: 'Compare method and path with the API document, GET /v1/openapi.json.',
  },
  methodNotAllowed: {
    code: 'method_not_allowed',
    kind: 'method_not_allowed',
    detail: 'This resource does not allow the method.',
    remedy: 'Use one of the methods in the Allow header.',
    /** @ruleExempt pii: the methods of our own routes */
    with: (allowed: readonly string[]) => ({
      headers: { allow: allowed.join(', ') },
      ...(allowed.length === 0 ? {} : { detail: `This resource allows ${allowed.join(', ')}.` }),
    }),
  },
  internal: {
    code: 'internal_error',
    kind: 'internal',
    detail: 'Internal error.',
    remedy: 'Try again with the same Idempotency-Key; where it stays, give the operator the requestId.',
    with: (cause?: unknown) => ({ cause }),
  },
});
