import { Injectable } from '@nestjs/common';
import { InternalIdentityMinter } from '@plinth/auth';
import { contextOf, httpErrors } from '@plinth/http';
import { Logger } from '@plinth/logging';
import { announcesBody, discardRest } from '@plinth/resilience';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CallersService } from '../callers/callers.service.js';
import { ClientAddress } from '../callers/client-address.js';
import { ApiCallQuota } from '../quotas/api-call-quota.js';
import { readRequestTarget } from '../routing/request-target.js';
import { RouteMatcher } from '../routing/route-matcher.js';
import type { GatewayRoute } from '../routing/route-table.js';
import { Upstreams } from '../upstreams/upstreams.js';
import { checkRequestHeaders, dropsAnswerHeader, dropsRequestHeader, readUserAgent } from './header-rules.js';
import { OpenExchanges } from './open-exchanges.js';
import { proxyErrors } from './proxy.errors.js';

/** The way of a request through the gateway: route, caller, quota, identity, service. */
@Injectable()
export class ProxyService {
  constructor(
    private readonly routes: RouteMatcher,
    private readonly callers: CallersService,
    private readonly addresses: ClientAddress,
    private readonly quota: ApiCallQuota,
    private readonly minter: InternalIdentityMinter,
    private readonly upstreams: Upstreams,
    private readonly exchanges: OpenExchanges,
    private readonly logger: Logger,
  ) {}

  /** Answers the request; nothing has been answered yet when it throws. @throws Problem */
  async handle(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { raw } = request;
    try {
      checkRequestHeaders(raw);
      const target = readRequestTarget(raw.url ?? '/');
      const match = this.routes.match(request.method, target.path);
      if (match.kind === 'route') return await this.forward(request, reply, match.route, target.pathAndQuery);
      if (match.kind === 'unknown') throw httpErrors.routeNotFound();
      // An empty answer to a question about the route, which tells no more than a 405 does.
      if (request.method === 'OPTIONS') return void reply.code(204).header('allow', match.allow.join(', ')).send();
      throw httpErrors.methodNotAllowed(match.allow);
    } catch (error) {
      // The answer must not wait for a body that nobody reads.
      discardRest(raw);
      throw error;
    }
  }

  private async forward(request: FastifyRequest, reply: FastifyReply, route: GatewayRoute, path: string): Promise<void> {
    const { raw, method } = request;
    const context = contextOf(request);
    context.route = route.path;
    if (route.dialect !== undefined) context.dialect = route.dialect;
    context.clientIp = this.addresses.of(raw.socket.remoteAddress, raw.headers['x-forwarded-for']);
    context.userAgent = readUserAgent(raw.headers['user-agent']);
    const { principal, recheck, endsAtMs } = await this.callers.identify(route.access, raw.headers, context, tenantOf(path));
    context.principal = principal;
    // RFC 9110, section 9.3.1: a body of a read has no meaning, and servers differ in where they see its end.
    if (route.method === 'GET' && announcesBody(raw)) throw proxyErrors.bodyUnexpected();
    const standing = await this.quota.spend(route, principal);
    const { requestId, traceparent, clientIp, userAgent } = context;
    const identity = await this.minter.headersFor({ audience: route.upstream, principal, method, path, requestId, clientIp, userAgent });
    const ended = this.exchanges.add({ response: reply.raw, recheck, endsAtMs, route: route.path, requestId });
    const forwarding = this.upstreams.of(route.upstream).forwarder.forward(raw, reply.raw, {
      path,
      requestHeaders: { ...identity },
      traceparent,
      dropRequestHeader: dropsRequestHeader,
      answerHeaders: { 'x-request-id': requestId, ...standing },
      dropAnswerHeader: dropsAnswerHeader,
      bodyLimitBytes: route.bodyLimitBytes,
      firstByteTimeoutMs: route.firstByteTimeoutMs,
    });
    const outcome = await forwarding.finally(ended);
    // The client has seen it as a broken connection; here is where somebody learns why.
    if (outcome.ending === 'upstream_cut') this.logger.warn('answer cut by the service', { service: route.upstream, route: route.path, requestId });
  }
}

const pathOfTenant = /^\/v1\/tenants\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?=[/?]|$)/i;

/** The tenant that a path is of, in lower case. */
function tenantOf(path: string): string | undefined {
  return pathOfTenant.exec(path)?.[1]?.toLowerCase();
}
