import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PARAMTYPES_METADATA, PATH_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { JsonSchema } from '@plinth/contracts';
import { transferErrors, type CataloguedError } from '@plinth/kernel';
import { STATUS_CODES } from 'node:http';
import { httpErrors } from '../http.errors.js';
import { isOptionalBody } from '../optional-body.js';
import { UuidPipe } from '../validation.pipe.js';
import { dtoSchema } from './dto-schema.js';
import type { Operation, Parameter, Response } from './document-types.js';
import type { NamedSchemas } from './named-schemas.js';
import { withErrors } from './problem-responses.js';
import { factsOfRoute, type AnswerFacts, type RouteFacts } from './route-facts.js';
import { callerSecurity } from './security.js';

type Handler = (...args: never[]) => unknown;
export type ControllerClass = abstract new (...args: never[]) => object;
type DtoClass = new () => object;

/** One route of a controller, as far as Nest's own decorators tell of it. */
interface Route {
  readonly method: string;
  /** With `{name}` for parameters. */
  readonly path: string;
  readonly facts: readonly RouteFacts[];
  readonly parameters: readonly RouteParameter[];
}

interface RouteParameter {
  readonly type: RouteParamtypes;
  readonly name: string | undefined;
  readonly pipes: readonly unknown[];
  readonly metatype: unknown;
}

/** How Nest keeps an argument of a handler, under `<type>:<index>`. */
interface RouteArgument {
  readonly index: number;
  readonly data?: unknown;
  readonly pipes: readonly unknown[];
}

/** A route as the document lists it: the method in lower case, the path with `{name}` for parameters. */
export interface DocumentedRoute {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/**
 * The routes of a controller that have an `@Operation`, described.
 *
 * @param common what every route of the service can answer besides
 * @throws Error where a route with an `@Operation` does not say what it answers
 */
export function documentedRoutes(controller: ControllerClass, common: readonly CataloguedError[], schemas: NamedSchemas): DocumentedRoute[] {
  const prototype = controller.prototype as Record<string, unknown>;
  return Object.getOwnPropertyNames(prototype)
    .map((name) => ({ name, handler: prototype[name] }))
    .filter((member): member is { name: string; handler: Handler } => typeof member.handler === 'function' && Reflect.hasMetadata(METHOD_METADATA, member.handler))
    .map(({ name, handler }) => readRoute(controller, name, handler))
    .filter(({ facts }) => facts.some(({ operation }) => operation !== undefined))
    .map((route) => ({ method: route.method, path: route.path, operation: describe(route, controller, common, schemas) }));
}

function readRoute(controller: ControllerClass, name: string, handler: Handler): Route {
  const parts = [controller, handler].map((holder) => (Reflect.getMetadata(PATH_METADATA, holder) as string | undefined) ?? '');
  const path = `/${parts.flatMap((part) => part.split('/')).filter((part) => part !== '').map((part) => part.replace(/^:(.+)$/, '{$1}')).join('/')}`;
  const args = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, name) as Readonly<Record<string, RouteArgument>> | undefined) ?? {};
  const types = (Reflect.getMetadata(PARAMTYPES_METADATA, controller.prototype as object, name) as readonly unknown[] | undefined) ?? [];
  const parameters = Object.entries(args).map(([key, { index, data, pipes }]) => ({
    type: Number(key.split(':')[0]),
    name: typeof data === 'string' ? data : undefined,
    pipes,
    metatype: types[index],
  }));
  const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod].toLowerCase();
  return { method, path, parameters, facts: factsOfRoute(handler, controller) };
}

function describe(route: Route, controller: ControllerClass, common: readonly CataloguedError[], schemas: NamedSchemas): Operation {
  const { facts, method } = route;
  const operation = facts.find((fact) => fact.operation !== undefined)?.operation as NonNullable<RouteFacts['operation']>;
  const answer = facts.find((fact) => fact.answer !== undefined)?.answer;
  if (answer === undefined) throw new Error(`${controller.name}: ${operation.id} does not say what it answers (@Answers)`);
  const body = bodyOf(route, schemas);
  const dialect = facts.find((fact) => fact.dialect !== undefined)?.dialect ?? 'problem';
  const parameters = [...pathParameters(route), ...queryParameters(route), ...conditionParameter(method, answer), ...facts.flatMap((fact) => fact.parameters ?? [])];
  const errors = [...errorsOf(route, answer), ...facts.flatMap((fact) => fact.errors ?? []), ...common];
  const security = facts.find((fact) => fact.security !== undefined)?.security ?? 'none';
  return {
    operationId: operation.id,
    summary: operation.summary,
    tags: [tagOf(controller)],
    security: security === 'none' ? [] : callerSecurity(method, security),
    ...extensionsIn(facts),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: !hasOptionalBody(route), content: { 'application/json': { schema: body } } } }),
    responses: withErrors(successOf(method, answer, schemas), errors, dialect),
  };
}

function extensionsIn(facts: readonly RouteFacts[]): Readonly<Record<`x-${string}`, unknown>> {
  return Object.fromEntries(facts.flatMap(({ extensions }) => Object.entries(extensions ?? {})));
}

/** `ApiKeysController` gives `api keys`. */
function tagOf({ name }: ControllerClass): string {
  return name.replace(/Controller$/, '').replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
}

function pathParameters({ path, parameters }: Route): Parameter[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => {
    const declared = parameters.find((parameter) => parameter.type === RouteParamtypes.PARAM && parameter.name === name);
    const isId = declared?.pipes.includes(UuidPipe) === true;
    return { name, in: 'path', required: true, schema: isId ? { type: 'string', format: 'uuid' } : { type: 'string' } };
  });
}

function queryParameters(route: Route): Parameter[] {
  const query = dtoOf(route, RouteParamtypes.QUERY);
  if (query === undefined) return [];
  const { properties = {}, required = [] } = dtoSchema(query).schema as { properties?: Record<string, JsonSchema>; required?: string[] };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(typeof description === 'string' ? { description } : {}),
    schema,
  }));
}

function conditionParameter(method: string, { etag, ifMatch, notModified }: AnswerFacts): Parameter[] {
  if (!etag && !ifMatch) return [];
  return method === 'get' || notModified
    ? [{ name: 'If-None-Match', in: 'header', required: false, description: 'Entity tags that the caller has: 304 where one of them is current.', schema: { type: 'string' } }]
    : [{ name: 'If-Match', in: 'header', required: ifMatch === 'required', description: 'The entity tag that the change is meant for, or *.', schema: { type: 'string' } }];
}

function bodyOf(route: Route, schemas: NamedSchemas): JsonSchema | undefined {
  const declared = route.facts.find(({ body }) => body !== undefined)?.body;
  if (declared !== undefined) return schemas.hoist(declared.schema);
  const dto = dtoOf(route, RouteParamtypes.BODY);
  return dto === undefined ? undefined : addDto(dto, schemas);
}

function addDto(dto: DtoClass, schemas: NamedSchemas): JsonSchema {
  const { schema, nested } = dtoSchema(dto);
  for (const inner of nested) addDto(inner, schemas);
  return schemas.add(dto.name, schema);
}

function dtoOf({ parameters }: Route, type: RouteParamtypes): DtoClass | undefined {
  const found = parameters.find((parameter) => parameter.type === type)?.metatype;
  return typeof found === 'function' && found !== Object ? (found as DtoClass) : undefined;
}

function hasOptionalBody(route: Route): boolean {
  const dto = dtoOf(route, RouteParamtypes.BODY);
  return dto !== undefined && isOptionalBody(dto);
}

/** What the HTTP layer itself can answer on such a route. */
function errorsOf(route: Route, { etag, ifMatch, notModified, shape }: AnswerFacts): CataloguedError[] {
  const { method, parameters } = route;
  const errors: CataloguedError[] = [httpErrors.urlMalformed, httpErrors.urlTooLong, httpErrors.internal];
  if (shape !== null) errors.push(httpErrors.notAcceptable);
  if (parameters.some(({ pipes }) => pipes.includes(UuidPipe))) errors.push(httpErrors.idMalformed);
  const query = queryParameters(route);
  if (query.length > 0) errors.push(httpErrors.queryInvalid);
  if (query.some(({ name }) => name === 'cursor')) errors.push(httpErrors.cursorInvalid);
  if (method === 'get') return errors;
  errors.push(httpErrors.requestMalformed, httpErrors.jsonMalformed, httpErrors.bodyUndecodable, httpErrors.contentTypeUnsupported, httpErrors.contentEncodingUnsupported);
  errors.push(transferErrors.bodyTooLarge, transferErrors.requestTimeout);
  if (dtoOf(route, RouteParamtypes.BODY) !== undefined) errors.push(httpErrors.validationFailed, ...(hasOptionalBody(route) ? [] : [httpErrors.bodyRequired]));
  if ((etag || ifMatch) && !notModified) errors.push(httpErrors.preconditionFailed);
  if (ifMatch === 'required') errors.push(httpErrors.preconditionRequired);
  return errors;
}

function successOf(method: string, { status, shape, contentTypes, etag, notModified, location }: AnswerFacts, schemas: NamedSchemas): Record<string, Response> {
  const headers = {
    'X-Request-Id': { description: 'Names the request in logs and in the audit trail.', required: true, schema: { type: 'string' } },
    ...(etag ? { ETag: { description: 'The version of the resource.', required: true, schema: { type: 'string' } } } : {}),
    ...(location ? { Location: { description: 'Where the resource is.', required: true, schema: { type: 'string' } } } : {}),
  };
  const schema = shape === null ? undefined : schemas.hoist(shape.schema);
  const content = Object.fromEntries(contentTypes.map((type) => [type, type === 'application/json' && schema !== undefined ? { schema } : {}]));
  const success: Response = { description: STATUS_CODES[status] ?? 'Success', headers, ...(contentTypes.length === 0 ? {} : { content }) };
  const unchanged: Response = { description: 'The caller has the current version already.', headers };
  return { [status]: success, ...(etag && (method === 'get' || notModified) ? { 304: unchanged } : {}) };
}
