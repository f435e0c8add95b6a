import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Destination, Forwarder, HttpClient } from '@plinth/resilience';
import { Metrics, Tracing } from '@plinth/telemetry';
import { GatewayConfig } from '../config.js';
import type { UpstreamName } from '../routing/route-table.js';

/** A service behind the gateway: one breaker, for what is forwarded and for the gateway's own calls. */
export interface Upstream {
  readonly destination: Destination;
  readonly forwarder: Forwarder;
  readonly client: HttpClient;
}

/** The services behind the gateway. */
@Injectable()
export class Upstreams implements OnApplicationShutdown {
  private readonly byName: Readonly<Record<UpstreamName, Upstream>>;

  constructor(config: GatewayConfig, metrics: Metrics, tracing: Tracing) {
    const upstream = (name: UpstreamName, url: string): Upstream => {
      const destination = new Destination({ name, url, metrics, tracing });
      return { destination, forwarder: new Forwarder(destination), client: new HttpClient(destination) };
    };
    this.byName = {
      'tenant-service': upstream('tenant-service', config.tenantServiceUrl),
      'audit-service': upstream('audit-service', config.auditServiceUrl),
      'ai-gateway': upstream('ai-gateway', config.aiGatewayUrl),
      'outbox-relay': upstream('outbox-relay', config.outboxRelayUrl),
      scheduler: upstream('scheduler', config.schedulerUrl),
    };
  }

  of(name: UpstreamName): Upstream {
    return this.byName[name];
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(Object.values(this.byName).map(({ destination }) => destination.close()));
  }
}
