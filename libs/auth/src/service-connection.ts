import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { ServiceName } from '@plinth/contracts';
import { Destination, type DestinationOptions } from '@plinth/resilience';
import { InternalIdentityMinter } from './internal-identity.js';
import { KeyRing } from './key-ring.js';
import { ServiceCalls } from './service-calls.js';

/** Who calls whom, and by which secrets it is known. */
export interface ServiceConnectionOptions extends Pick<DestinationOptions, 'metrics' | 'tracing'> {
  readonly from: ServiceName;
  readonly to: ServiceName;
  readonly url: string;
  /** Entries of `INTERNAL_SIGNING_KEYS`, of which the first is a seed. */
  readonly signingKeys: readonly string[];
  readonly hmacSecrets: readonly Uint8Array[];
}

/** A service's way to another one, for its calls as itself; it is closed when the process stops. A provider of a module. */
@Injectable()
export class ServiceConnection implements OnApplicationShutdown {
  readonly calls: ServiceCalls;
  private readonly destination: Destination;

  constructor({ from, to, url, signingKeys, hmacSecrets, ...shown }: ServiceConnectionOptions) {
    this.destination = new Destination({ name: to, url, ...shown });
    const minter = new InternalIdentityMinter({ service: from, keys: KeyRing.of(signingKeys), secrets: hmacSecrets });
    this.calls = new ServiceCalls({ audience: to, destination: this.destination, minter });
  }

  /** Called by Nest, behind whoever calls by it. */
  async onApplicationShutdown(): Promise<void> {
    await this.destination.close();
  }
}
