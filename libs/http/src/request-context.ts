import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Scope, TransactionOpening, Tx, UnitOfWork } from '@plinth/database';
import type { FastifyRequest } from 'fastify';
import type { EncodedAnswer } from './answer.js';
import type { ErrorDialect } from './error-dialect.js';

export type PrincipalType = 'user' | 'api_key' | 'service' | 'operator' | 'anonymous';

/** Who calls, as the internal identity says. */
export interface Principal {
  readonly type: PrincipalType;
  /** Null for `anonymous`, a name for `service`, else a UUID. */
  readonly id: string | null;
  readonly tenantId: string | null;
  readonly roles: readonly string[];
  /** An API key's capabilities; absent for who has all that the roles grant. */
  readonly scopes?: readonly string[];
  readonly sessionId?: string;
}

export const anonymous: Principal = { type: 'anonymous', id: null, tenantId: null, roles: [] };

/** How a keyed request's answer is kept with its effect, and given again (libs/idempotency). */
export interface AnswerClaim {
  /** Stores the finished answer in the transaction of its effect. */
  keep(tx: Tx, answer: EncodedAnswer): Promise<void>;
  /** The kept answer, where the error is the signal that there is one. */
  replayOf(error: unknown): EncodedAnswer | null;
}

/**
 * What a request is, from its first hook to its answer. Services take it as their first argument; it
 * is the `Scope` of their transactions.
 */
export class RequestContext implements Scope {
  principal: Principal = anonymous;
  clientIp: string | null = null;
  userAgent: string | null = null;
  unit?: UnitOfWork | undefined;
  opening?: TransactionOpening | undefined;
  claim?: AnswerClaim | undefined;
  deferCommit = false;
  /** How a failure of this request is told. */
  dialect: ErrorDialect = 'problem';
  /** The template of the route, where it is not the framework's own (the gateway's table). */
  route?: string | undefined;

  constructor(
    readonly requestId: string,
    readonly traceId: string,
    /** W3C trace context to pass on: our span, the caller's trace. */
    readonly traceparent: string,
    readonly method: string,
    /** Path with query, as received. */
    readonly path: string,
    readonly ifMatch: string | null,
  ) {}

  get tenantId(): string | null {
    return this.principal.tenantId;
  }

  /** The principal's id where it is one of the database's; a service's name is not. */
  get principalId(): string | null {
    return this.principal.type === 'service' ? null : this.principal.id;
  }

  /** From here on the request speaks for this principal: set by the identity guard, and by sign-up and login for whom they have found. */
  actAs(principal: Principal): void {
    this.principal = principal;
  }
}

const contexts = new WeakMap<object, RequestContext>();

export function attachContext(request: FastifyRequest, context: RequestContext): void {
  contexts.set(request.raw, context);
}

/** The context of a request. @throws Error outside `createHttpApp`, whose first hook makes it */
export function contextOf(request: FastifyRequest): RequestContext {
  const context = contexts.get(request.raw);
  if (context === undefined) throw new Error('the request has no context');
  return context;
}

/** The context of a request; undefined where the router refused it before the first hook. */
export function findContext(request: FastifyRequest): RequestContext | undefined {
  return contexts.get(request.raw);
}

/** Controller parameter: the request's context. */
export const Ctx = createParamDecorator((_: unknown, execution: ExecutionContext) =>
  contextOf(execution.switchToHttp().getRequest<FastifyRequest>()),
);
