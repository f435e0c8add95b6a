import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { Problem } from '@plinth/kernel';
import type { Logger } from '@plinth/logging';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { encodeError } from './error-dialect.js';
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

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const context = findContext(request);
    const requestId = context?.requestId ?? requestIdOf(request.headers['x-request-id']);
    const problem = this.ofRoute(toProblem(error), request);
    if (problem.status >= 500) {
      this.logger.error('request failed', { requestId, code: problem.code, error: problem.extra.cause ?? error });
    }
    if (reply.sent) return;
    const path = request.url.split('?')[0] ?? '/';
    const { contentType, body } = encodeError(context?.dialect ?? 'problem', problem, path, requestId);
    void reply
      .code(problem.status)
      .headers({ ...problem.extra.headers, 'content-type': contentType, 'cache-control': 'no-store', 'x-request-id': requestId })
      .send(body);
  }

  /** A path that exists under other methods is 405 with Allow, not 404. */
  private ofRoute(problem: Problem, request: FastifyRequest): Problem {
    if (problem.code !== 'route_not_found') return problem;
    const allowed = this.routes.allowedFor(request.url.split('?')[0] ?? '/');
    if (allowed.length === 0) return problem;
    const allow = allowed.join(', ');
    return new Problem('method_not_allowed', 'method_not_allowed', `This resource allows ${allow}.`, { headers: { allow } });
  }
}
