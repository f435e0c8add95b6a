import { Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD, ModulesContainer } from '@nestjs/core';
import type { ServiceName } from '@plinth/contracts';
import { ApiDescription } from '@plinth/http';
import { AccessGuard } from './access.guard.js';
import { ApiDocumentController } from './api-document.controller.js';
import { IdentityGuard } from './identity.guard.js';
import { InternalIdentityVerifier } from './internal-identity.js';
import { KeyRing } from './key-ring.js';

/** By what a service knows its callers. Every secret verifies. */
export interface ServiceAuthOptions {
  readonly service: ServiceName;
  /** Entries of `INTERNAL_SIGNING_KEYS`; `pub.` entries are enough. */
  readonly verificationKeys: readonly string[];
  readonly hmacSecrets: readonly Uint8Array[];
}

/** A service behind the gateway: both guards before every route (who calls, then whether they may), and a document of what those routes are. */
@Module({})
export class ServiceAuthModule {
  /** @throws Error where the keys are malformed, or there are none */
  static for(options: ServiceAuthOptions): DynamicModule {
    const verifier = new InternalIdentityVerifier({
      service: options.service,
      keys: KeyRing.of(options.verificationKeys),
      secrets: options.hmacSecrets,
    });
    return {
      module: ServiceAuthModule,
      controllers: [ApiDocumentController],
      providers: [
        { provide: InternalIdentityVerifier, useValue: verifier },
        // Nest runs global guards in the order of their registration.
        { provide: APP_GUARD, useClass: IdentityGuard },
        { provide: APP_GUARD, useClass: AccessGuard },
        { provide: ApiDescription, inject: [ModulesContainer], useFactory: (modules: ModulesContainer) => ApiDescription.ofService(options.service, modules) },
      ],
      exports: [InternalIdentityVerifier, ApiDescription],
    };
  }
}
