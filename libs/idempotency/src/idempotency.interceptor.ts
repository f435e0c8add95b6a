import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { contextOf, type RequestContext } from '@plinth/http';
import { Problem } from '@plinth/kernel';
import canonicalize from 'canonicalize';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { IdempotencyClaim } from './idempotency-claim.js';
import { idempotencyPolicyOf, type IdempotencyPolicy } from './idempotent.js';
import { idempotencyKeyOf } from './key-header.js';

const mutating: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

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

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    if (mutating.has(request.method)) this.claim(contextOf(request), request, idempotencyPolicyOf(execution) ?? { mode: 'required' });
    return next.handle();
  }

  private claim(context: RequestContext, request: FastifyRequest, policy: IdempotencyPolicy): void {
    context.deferCommit = true;
    const clientKey = idempotencyKeyOf(request.headers['idempotency-key']);
    if (clientKey === null) {
      if (policy.mode === 'optional') return;
      throw new Problem('idempotency_key_required', 'malformed', 'This request needs an Idempotency-Key header.');
    }
    const body = (request.body ?? {}) as Readonly<Record<string, unknown>>;
    const { principal } = context;
    const claim = new IdempotencyClaim(this.options.schema, this.secrets, {
      clientKey,
      scope: [
        principal.tenantId,
        principal.type,
        principal.id ?? (policy.mode === 'required' ? subjectOf(policy, body) : null),
        request.method,
        request.routeOptions.url ?? null,
      ],
      // RFC 8785, so that a client that writes the members in another order still sends the same request.
      content: [context.path, context.ifMatch, canonicalize(body) ?? null],
    });
    context.claim = claim;
    context.opening = claim;
  }
}

function subjectOf(policy: IdempotencyPolicy & { mode: 'required' }, body: Readonly<Record<string, unknown>>): string | null {
  const subject = policy.subject?.(body);
  return typeof subject === 'string' ? subject.trim().toLowerCase() : null;
}
