import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { contextOf, type RequestContext } from '@plinth/http';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { ExternalClaim } from './external-claim.js';
import { idempotencyErrors } from './idempotency.errors.js';
import { IdempotencyClaim } from './idempotency-claim.js';
import { idempotencyPolicyOf, type IdempotencyPolicy } from './idempotent.js';
import { idempotencyKeyOf } from './key-header.js';
import { contentOf, type ClaimRequest } from './request-names.js';

const mutating: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** Where answers are kept, and under which secrets. */
export interface IdempotencyOptions {
  readonly schema: string;
  /** `IDEMPOTENCY_SECRET`: the first is current, the others still find what was kept under them. */
  readonly secrets: readonly Buffer[];
}

/**
 * Notes a mutating request's claim; the transaction of its effect makes it good (`IdempotencyClaim`).
 * A route that declares nothing needs a key: closed by default.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  private readonly secrets: readonly [Buffer, ...Buffer[]];

  constructor(private readonly options: IdempotencyOptions) {
    const [first, ...rest] = options.secrets;
    if (first === undefined) throw new Error('idempotency needs a secret');
    this.secrets = [first, ...rest];
  }

  /** @throws Problem `idempotency_key_required` or `idempotency_key_malformed` (400), before anything has happened */
  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    if (mutating.has(request.method)) this.claim(contextOf(request), request, idempotencyPolicyOf(execution) ?? { mode: 'required' });
    return next.handle();
  }

  private claim(context: RequestContext, request: FastifyRequest, policy: IdempotencyPolicy): void {
    // The transactions of an external call end while it runs; any other request has one, which ends with its answer.
    context.deferCommit = policy.external === undefined;
    const clientKey = idempotencyKeyOf(request.headers['idempotency-key']);
    if (clientKey === null) {
      if (policy.mode === 'optional') return;
      throw idempotencyErrors.keyRequired();
    }
    const claimRequest: ClaimRequest = {
      clientKey,
      scope: scopeOf(context, request, policy),
      content: contentOf(context.path, context.ifMatch, request.body),
    };
    if (policy.external !== undefined) {
      context.claim = new ExternalClaim(this.options.schema, this.secrets, claimRequest, policy.external.leaseSeconds);
      return;
    }
    const claim = new IdempotencyClaim(this.options.schema, this.secrets, claimRequest);
    context.claim = claim;
    context.opening = claim;
  }
}

function scopeOf({ principal }: RequestContext, request: FastifyRequest, policy: IdempotencyPolicy): ClaimRequest['scope'] {
  const whom = principal.id ?? subjectOf(policy, request.body);
  return [principal.tenantId, principal.type, whom, request.method, request.routeOptions.url ?? null];
}

/** Null where the body names nobody; validation is about to refuse it. */
function subjectOf({ subject }: IdempotencyPolicy, body: unknown): string | null {
  if (subject === undefined) throw new Error('an open route has to name whom a key belongs to: @Idempotent({ subject })');
  const named = subject((body ?? {}) as Readonly<Record<string, unknown>>);
  return typeof named === 'string' ? named.trim().toLowerCase() : null;
}
