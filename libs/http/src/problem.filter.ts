import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { treatmentOf, type Problem } from '@plinth/kernel';
import type { Logger } from '@plinth/logging';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { encodeError } from './error-dialect.js';
import { httpErrors } from './http.errors.js';
import { toProblem } from './problem-document.js';
import { findContext } from './request-context.js';
import { requestIdOf } from './request-ids.js';
import type { RouteMethods } from './route-methods.js';

/** The one filter: every failure leaves as one problem document, or in the dialect of its route. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly logger: Logger,
    private readonly routes: RouteMethods,
  ) {}

  /** Logs as the failure's kind asks. Where an answer has gone out already, the log is all that tells of it. */
  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const context = findContext(request);
    const requestId = context?.requestId ?? requestIdOf(request.headers['x-request-id']);
    const problem = this.ofRoute(toProblem(error), request);
    this.log(problem, requestId, error);
    if (reply.sent) return;
    const path = request.url.split('?')[0] ?? '/';
    const { contentType, body } = encodeError(context?.dialect ?? 'problem', problem, path, requestId);
    void reply
      .code(problem.status)
      .headers({ ...problem.extra.headers, 'content-type': contentType, 'cache-control': 'no-store', 'x-request-id': requestId })
      .send(body);
  }

  private log(problem: Problem, requestId: string, error: unknown): void {
    const { logLevel } = treatmentOf(problem.kind);
    // What is the caller's matter is in the line of the request already; its code helps who looks closer.
    if (logLevel === 'debug') this.logger.debug('request refused', { requestId, code: problem.code });
    else this.logger[logLevel]('request failed', { requestId, code: problem.code, error: problem.extra.cause ?? error });
  }

  /** A path that exists under other methods is 405 with Allow, not 404; under this one it may be hidden from the caller. */
  private ofRoute(problem: Problem, request: FastifyRequest): Problem {
    if (problem.code !== httpErrors.routeNotFound.definition.code) return problem;
    const allowed = this.routes.allowedFor(request.url.split('?')[0] ?? '/').filter((method) => !isSame(method, request.method));
    return allowed.length === 0 ? problem : httpErrors.methodNotAllowed(allowed);
  }
}

/** A route for GET is one for HEAD too, and hidden with it. */
function isSame(one: string, other: string): boolean {
  const read = (method: string) => (method === 'HEAD' ? 'GET' : method);
  return read(one) === read(other);
}
