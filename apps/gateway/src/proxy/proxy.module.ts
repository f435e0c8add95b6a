import { Module } from '@nestjs/common';
import { CallersModule } from '../callers/callers.module.js';
import { QuotasModule } from '../quotas/quotas.module.js';
import { RouteMatcher } from '../routing/route-matcher.js';
import { ownPaths, routeTable } from '../routing/route-table.js';
import { UpstreamsModule } from '../upstreams/upstreams.module.js';
import { UsageModule } from '../usage/usage.module.js';
import { OpenExchanges } from './open-exchanges.js';
import { ProxyService } from './proxy.service.js';

@Module({
  imports: [CallersModule, QuotasModule, UpstreamsModule, UsageModule],
  providers: [ProxyService, OpenExchanges, { provide: RouteMatcher, useFactory: () => new RouteMatcher(routeTable, ownPaths) }],
  exports: [ProxyService],
})
export class ProxyModule {}
