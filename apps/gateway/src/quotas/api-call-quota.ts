import { Injectable } from '@nestjs/common';
import { InternalIdentityMinter, ServiceCalls } from '@plinth/auth';
import type { Principal } from '@plinth/http';
import { Logger } from '@plinth/logging';
import { LeasedBlocks, QuotaClient, rateLimitHeaders } from '@plinth/quotas';
import { Metrics } from '@plinth/telemetry';
import type { GatewayRoute } from '../routing/route-table.js';
import { Upstreams } from '../upstreams/upstreams.js';

const metric = 'api_calls';

/** One unit of the tenant's API calls for each call of a principal that is let in, from blocks in memory (ADR 0035). */
@Injectable()
export class ApiCallQuota extends LeasedBlocks {
  constructor(upstreams: Upstreams, minter: InternalIdentityMinter, logger: Logger, metrics: Metrics) {
    const calls = new ServiceCalls({ audience: 'tenant-service', destination: upstreams.of('tenant-service').destination, minter });
    super({ ledger: new QuotaClient(calls), metric, logger, metrics });
  }

  /**
   * Counts a call. Anonymous callers have no tenant that it could be counted to, and what an operator does in one costs it nothing; signing out, and reading how
   * much is left, are free: both have to be possible when nothing is.
   *
   * @returns headers of the answer that say where the tenant stands
   * @throws Problem `quota_exhausted` (429), `quota_unconfirmed` (503)
   */
  async spend({ access, free }: GatewayRoute, { type, tenantId }: Principal): Promise<Readonly<Record<string, string>>> {
    if (tenantId === null || type === 'operator' || access !== 'principal' || free === true) return {};
    return rateLimitHeaders(metric, await this.take(tenantId));
  }
}
