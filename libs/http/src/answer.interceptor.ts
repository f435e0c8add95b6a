import { Injectable, RequestMethod, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { HTTP_CODE_METADATA, METHOD_METADATA } from '@nestjs/common/constants.js';
import { Rejection } from '@plinth/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { requireAcceptable } from './accept.js';
import { encodeAnswer, type EncodedAnswer } from './answer.js';
import { contentTagOf } from './etag.js';
import { answerOfRoute } from './openapi/route-facts.js';
import { contextOf, type RequestContext } from './request-context.js';

/**
 * Ends a request: serializes the answer once, stores it with its effect where the request is keyed,
 * commits, answers. A thrown error rolls back; a returned `Rejection` commits and is not kept. A grant whose condition
 * nobody has checked (ADR 0021) is an error.
 */
@Injectable()
export class AnswerInterceptor implements NestInterceptor {
  /** What comes after the handler fails by the stream that is returned. @throws Problem `not_acceptable` (406), before the handler runs */
  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = execution.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    // Before the handler: what cannot be answered has no effect.
    requireAcceptable(request.headers.accept, answerOfRoute(execution.getHandler())?.contentTypes ?? []);
    const context = contextOf(request);
    return from(this.answer(context, execution, next, http.getResponse<FastifyReply>()));
  }

  private async answer(context: RequestContext, execution: ExecutionContext, next: CallHandler, reply: FastifyReply): Promise<unknown> {
    try {
      const result: unknown = await lastValueFrom(next.handle(), { defaultValue: undefined });
      context.requireSettledGrant();
      if (result instanceof Rejection) {
        await context.unit?.commit();
        throw result.problem;
      }
      const answer = withTag(encodeAnswer(result, statusOf(execution)), execution);
      if (context.unit?.open) await context.unit.commit(context.claim?.keeping(answer));
      return send(reply, answer);
    } catch (error) {
      await context.unit?.rollback();
      const kept = context.claim?.replayOf(error);
      if (kept === null || kept === undefined) throw error;
      void reply.header('idempotent-replayed', 'true');
      return send(reply, kept);
    }
  }
}

/** A single resource has an entity tag (contract: "HTTP"): its version's, or one of the bytes where it has none. */
function withTag(answer: EncodedAnswer, execution: ExecutionContext): EncodedAnswer {
  if (answerOfRoute(execution.getHandler())?.etag !== true || answer.headers['etag'] !== undefined) return answer;
  return { ...answer, headers: { ...answer.headers, etag: contentTagOf(answer.body) } };
}

/** The status that Nest gives the route: fixed by its decorators, so a kept answer has the same. */
function statusOf(execution: ExecutionContext): number {
  const handler = execution.getHandler();
  const declared = Reflect.getMetadata(HTTP_CODE_METADATA, handler) as number | undefined;
  return declared ?? (Reflect.getMetadata(METHOD_METADATA, handler) === RequestMethod.POST ? 201 : 200);
}

/** Hands the bytes to Nest, which sends them with the route's status. */
function send(reply: FastifyReply, answer: EncodedAnswer): Buffer | undefined {
  void reply.headers({ 'cache-control': 'no-store', ...answer.headers });
  return answer.body.length === 0 ? undefined : answer.body;
}
