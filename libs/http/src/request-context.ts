import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { CredentialKind, ResourceCondition } from '@plinth/contracts';
import type { Scope, Statement, TransactionOpening, UnitOfWork } from '@plinth/database';
import type { FastifyRequest } from 'fastify';
import type { EncodedAnswer } from './answer.js';
import type { ErrorDialect } from './error-dialect.js';

export type PrincipalType = 'user' | 'api_key' | 'service' | 'operator' | 'anonymous';

/** What a person was verified to hold. */
export interface VerifiedCredential {
  readonly kind: CredentialKind;
  /** ISO 8601; from then on it counts for nothing. */
  readonly expiresAt: string;
}

/** By what an operator looks into a tenant, and what it may do there alone (ADR 0039). */
export interface OperatorAccess {
  readonly grantId: string;
  readonly capabilities: readonly string[];
  /** ISO 8601; from then on it counts for nothing. */
  readonly expiresAt: string;
  /** What it was asked for, for the tenant's trail. */
  readonly reason: string;
}

/** Who calls, as the internal identity says. */
export interface Principal {
  readonly type: PrincipalType;
  /** Null for `anonymous`, a name for `service`, else a UUID. */
  readonly id: string | null;
  readonly tenantId: string | null;
  readonly roles: readonly string[];
  /** What roles of the tenant's own making grant beside `roles`; absent for nothing. */
  readonly capabilities?: readonly string[];
  /** An API key's capabilities; absent for who has all that the roles grant. */
  readonly scopes?: readonly string[];
  readonly sessionId?: string;
  /** Of a person in the active tenant; a key has none. */
  readonly credentials?: readonly VerifiedCredential[];
  /** Of an operator who calls in a tenant: its roles count for nothing there. */
  readonly access?: OperatorAccess;
}

export const anonymous: Principal = { type: 'anonymous', id: null, tenantId: null, roles: [] };

/** How a keyed request's answer is kept with its effect, and given again (libs/idempotency). */
export interface AnswerClaim {
  /** What stores the finished answer in the transaction of its effect. */
  keeping(answer: EncodedAnswer): Statement;
  /** The kept answer, where the error is the signal that there is one. */
  replayOf(error: unknown): EncodedAnswer | null;
}

/** Which resources of the tenant the caller's capability reaches (ADR 0021); `AccessGrant` of libs/auth. */
export interface GrantedAccess {
  /** Whether there is no condition, or the service has asked for it. */
  readonly settled: boolean;
  /**
   * For a resource that the service has read.
   *
   * @param facts which conditions hold for it; one that is left out does not
   * @throws Problem `not_found` (404) where the capability does not reach it
   */
  require(facts: Readonly<Partial<Record<ResourceCondition, boolean>>>): void;
  /** For a list: the resources for which all conditions of one of these sets hold. An empty set reaches all. */
  reach(): readonly (readonly ResourceCondition[])[];
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
  private granted: GrantedAccess | undefined;

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

  /** The principal's tenant. Without one, row-level security shows no tenant's rows. */
  get tenantId(): string | null {
    return this.principal.tenantId;
  }

  /** The principal's id where it is one of the database's; a service's name is not. */
  get principalId(): string | null {
    return this.principal.type === 'service' ? null : this.principal.id;
  }

  /** What the access guard let the caller in for. @throws Error on a route that needs no capability */
  get grant(): GrantedAccess {
    if (this.granted === undefined) throw new Error('no capability was granted to this request');
    return this.granted;
  }

  /** Called by the access guard when it lets the caller in. */
  grantAccess(granted: GrantedAccess): void {
    this.granted = granted;
  }

  /** @throws Error where the caller was let in under a condition and the service did not ask for it: a defect, which must show nothing */
  requireSettledGrant(): void {
    if (this.granted?.settled === false) throw new Error('the condition of the granted capability was not checked');
  }

  /** From here on the request speaks for this principal: set by the identity guard, and by sign-up and login for whom they have found. */
  actAs(principal: Principal): void {
    this.principal = principal;
  }
}

const contexts = new WeakMap<object, RequestContext>();

/** Once a request, before anything asks for its context. */
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
