import { Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { ServiceName } from '@plinth/contracts';
import { AccessGuard } from './access.guard.js';
import { IdentityGuard } from './identity.guard.js';
import { InternalIdentityVerifier } from './internal-identity.js';
import { KeyRing } from './key-ring.js';

export interface ServiceAuthOptions {
  readonly service: ServiceName;
  /** Entries of `INTERNAL_SIGNING_KEYS`; `pub.` entries are enough. */
  readonly verificationKeys: readonly string[];
  readonly hmacSecrets: readonly Uint8Array[];
}

/** Puts both guards before every route of a service: who calls, then whether they may. */
@Module({})
export class ServiceAuthModule {
  static for(options: ServiceAuthOptions): DynamicModule {
    const verifier = new InternalIdentityVerifier({
      service: options.service,
      keys: KeyRing.of(options.verificationKeys),
      secrets: options.hmacSecrets,
    });
    return {
      module: ServiceAuthModule,
      providers: [
        { provide: InternalIdentityVerifier, useValue: verifier },
        // Nest runs global guards in the order of their registration.
        { provide: APP_GUARD, useClass: IdentityGuard },
        { provide: APP_GUARD, useClass: AccessGuard },
      ],
      exports: [InternalIdentityVerifier],
    };
  }
}
