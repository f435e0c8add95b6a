import { HttpCode } from '@nestjs/common';
import type { CataloguedError } from '@plinth/kernel';
import type { ErrorDialect } from '../error-dialect.js';
import { answersNotModified } from '../not-modified.js';
import type { Parameter } from './document-types.js';
import type { Shape } from './shape.js';

/** What an answer of success is. */
export interface AnswerFacts {
  readonly status: number;
  /** Null: the answer has no JSON body. */
  readonly shape: Shape | null;
  /** `application/json` where nothing else is said. The first is what a client without preference gets. */
  readonly contentTypes: readonly string[];
  /** The answer has an `ETag`; a change honours `If-Match`, a read `If-None-Match`. */
  readonly etag: boolean;
  /** The change honours `If-Match`, and what it answers is not the resource itself; or, whatever it answers, is refused without it. */
  readonly ifMatch: boolean | 'required';
  /** A question by POST, which honours `If-None-Match`. */
  readonly notModified: boolean;
  /** The answer has a `Location`. */
  readonly location: boolean;
}

/**
 * What a decorator says of the route that it stands at, for the API document. A library whose decorator means something to
 * callers (who may call, which header is needed) says it here; the document is the sum.
 */
export interface RouteFacts {
  readonly operation?: { readonly id: string; readonly summary: string };
  readonly answer?: AnswerFacts;
  readonly errors?: readonly CataloguedError[];
  readonly parameters?: readonly Parameter[];
  /** Of a body that no DTO describes. */
  readonly body?: Shape;
  /** Who can be let in: anybody, whoever shows who they are, or of those only people, who have signed in. */
  readonly security?: 'none' | 'caller' | 'person';
  readonly dialect?: ErrorDialect;
  readonly extensions?: Readonly<Record<`x-${string}`, unknown>>;
}

const key = 'plinth:route-facts';

/** Says something of the route, or with a class of all its routes. */
export function saysOfRoute(facts: RouteFacts): MethodDecorator & ClassDecorator {
  return (target: object, _name?: string | symbol, descriptor?: PropertyDescriptor) => {
    const holder = (descriptor?.value ?? target) as object;
    const said = (Reflect.getOwnMetadata(key, holder) ?? []) as readonly RouteFacts[];
    Reflect.defineMetadata(key, [...said, facts], holder);
  };
}

/** All that is said of a route, at its method and at its class. */
export function factsOfRoute(handler: object, controller: object): readonly RouteFacts[] {
  return [controller, handler].flatMap((holder) => (Reflect.getOwnMetadata(key, holder) ?? []) as readonly RouteFacts[]);
}

/** What is said of a route's answer; undefined where nothing is. */
export function answerOfRoute(handler: object): AnswerFacts | undefined {
  return ((Reflect.getOwnMetadata(key, handler) ?? []) as readonly RouteFacts[]).find(({ answer }) => answer !== undefined)?.answer;
}

/**
 * Puts the route into the API document.
 *
 * @param id for generated clients: camelCase, unique in the suite; it stays when the code is renamed
 * @param summary a few words
 */
export const Operation = (id: string, summary: string) => saysOfRoute({ operation: { id, summary } });

/** What a success has besides its status and its shape; the content type is JSON where nothing is said. */
export interface AnswerOptions {
  readonly etag?: true;
  readonly ifMatch?: true | 'required';
  /** For a question by POST; with it the route can have no other configuration of Fastify's, such as `BodyLimit`. */
  readonly notModified?: true;
  readonly location?: true;
  readonly contentTypes?: readonly string[];
}

/** The status of the route's success and what it answers then. A 201 has its `Location`. */
export function Answers(status: number, shape: Shape | null = null, { etag, ifMatch, notModified, location, contentTypes }: AnswerOptions = {}): MethodDecorator {
  const answer: AnswerFacts = {
    status,
    shape,
    contentTypes: contentTypes ?? (shape === null ? [] : ['application/json']),
    etag: etag === true,
    ifMatch: ifMatch ?? false,
    notModified: notModified === true,
    location: location === true || status === 201,
  };
  return (target, name, descriptor) => {
    HttpCode(status)(target, name, descriptor as PropertyDescriptor);
    if (answer.notModified) answersNotModified(target, name, descriptor as PropertyDescriptor);
    saysOfRoute({ answer })(target, name, descriptor as PropertyDescriptor);
  };
}

/** The failures of the feature's own that the route can answer; those that follow from other decorators are known. */
export const Refuses = (...errors: readonly CataloguedError[]) => saysOfRoute({ errors });

/** The body of a route that reads it without a DTO. */
export const Accepts = (body: Shape) => saysOfRoute({ body });

/** In whose shape the failures of the route are told, where it is not the problem document. */
export const TellsErrorsAs = (dialect: ErrorDialect) => saysOfRoute({ dialect });
