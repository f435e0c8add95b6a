export { Answer, created, encodeAnswer, type EncodedAnswer } from './answer.js';
export { AnswerInterceptor } from './answer.interceptor.js';
export { bodyBytesOf } from './body-bytes.js';
export { BodyLimit } from './body-limit.js';
export { createHttpApp, type HttpAppOptions } from './create-http-app.js';
export { SignedCursor } from './cursor.js';
export { drainingOf, type Draining } from './draining.js';
export { encodeError, ofrepError, openAiError, type EncodedError, type ErrorDialect, type OfrepError, type OpenAiError } from './error-dialect.js';
export { contentTagOf, etagOf, requireContentMatch, requireMatch, requireStatedMatch } from './etag.js';
export { httpErrors } from './http.errors.js';
export { httpMetrics } from './metrics.js';
export { maxJsonDepth, parseJsonBody } from './json-body.js';
export { apiDocument, apiVersion, type ApiDocumentOptions } from './openapi/api-document.js';
export type { OpenApiDocument, Operation as OperationObject, Parameter as ParameterObject, Response as ResponseObject } from './openapi/document-types.js';
export type { ControllerClass } from './openapi/operation.js';
export { codesOf, errorSchemas, problemMediaType, withErrors } from './openapi/problem-responses.js';
export { Accepts, Answers, Operation, Refuses, saysOfRoute, TellsErrorsAs, type AnswerOptions, type RouteFacts } from './openapi/route-facts.js';
export { ApiDescription } from './openapi/api-description.js';
export { callerSecurity, securitySchemes } from './openapi/security.js';
export { shape, type Described, type OptionalShape, type Page, type RecordOf, type Shape } from './openapi/shape.js';
export { OptionalBody } from './optional-body.js';
export { PageQuery } from './page-query.js';
export { problemContentType, problemDocument, toProblem, type ProblemDocument } from './problem-document.js';
export { ProblemFilter } from './problem.filter.js';
export {
  anonymous,
  attachContext,
  contextOf,
  Ctx,
  RequestContext,
  type AnswerClaim,
  type GrantedAccess,
  type OperatorAccess,
  type Principal,
  type PrincipalType,
  type VerifiedCredential,
} from './request-context.js';
export { requestIdOf, traceOf } from './request-ids.js';
export { RouteMethods } from './route-methods.js';
export { runApp } from './run-app.js';
export { checkUrl } from './url-check.js';
export { WithoutIdentity, withoutIdentityReason } from './without-identity.js';
export { DtoPipe, UuidPipe } from './validation.pipe.js';
