import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Destination, Forwarder, HttpClient } from '@plinth/resilience';
import { Metrics, Tracing } from '@plinth/telemetry';
import { GatewayConfig } from '../config.js';
import { perUpstream, type UpstreamName } from './upstream-names.js';

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
    this.byName = perUpstream((name) => {
      const destination = new Destination({ name, url: config[name], metrics, tracing });
      return { destination, forwarder: new Forwarder(destination), client: new HttpClient(destination) };
    });
  }

  of(name: UpstreamName): Upstream {
    return this.byName[name];
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(Object.values(this.byName).map(({ destination }) => destination.close()));
  }
}
