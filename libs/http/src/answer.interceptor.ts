import { Injectable, RequestMethod, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { HTTP_CODE_METADATA, METHOD_METADATA } from '@nestjs/common/constants.js';
import { toDatabaseProblem } from '@plinth/database';
import { Rejection } from '@plinth/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { encodeAnswer, type EncodedAnswer } from './answer.js';
import { contextOf, type RequestContext } from './request-context.js';

/**
 * Ends a request: serializes the answer once, stores it with its effect where the request is keyed,
 * commits, answers. A thrown error rolls back; a returned `Rejection` commits and is not kept. A grant whose condition
 * nobody has checked (ADR 0021) is an error.
 */
@Injectable()
export class AnswerInterceptor implements NestInterceptor {
  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = execution.switchToHttp();
    const context = contextOf(http.getRequest<FastifyRequest>());
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
      const answer = encodeAnswer(result, statusOf(execution));
      if (context.unit?.open) {
        await context.claim?.keep(context.unit.tx, answer);
        await context.unit.commit();
      }
      return send(reply, answer);
    } catch (error) {
      await context.unit?.rollback();
      const kept = context.claim?.replayOf(error);
      // What is stored with the answer is written here, past the Transactor's own translation.
      if (kept === null || kept === undefined) throw toDatabaseProblem(error);
      void reply.header('idempotent-replayed', 'true');
      return send(reply, kept);
    }
  }
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
