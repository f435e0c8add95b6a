import { Module, type DynamicModule } from '@nestjs/common';
import { ServiceAuthModule } from '@plinth/auth';
import { consumerGroups } from '@plinth/contracts';
import { IdempotencyModule } from '@plinth/idempotency';
import type { Logger } from '@plinth/logging';
import { ServiceModule } from '@plinth/service';
import type { OutboxRelayConfig } from './config.js';
import { ConservationModule } from './conservation/conservation.module.js';
import { DeadLettersModule } from './dead-letters/dead-letters.module.js';
import { HeldEventsModule } from './held-events/held-events.module.js';
import { schema } from './migrations/index.js';
import { OutboxesModule } from './outboxes/outboxes.module.js';
import { PublishingModule } from './publishing/publishing.module.js';

@Module({})
export class AppModule {
  /** @param redriveGroups the consumer groups that a dead letter can be sent to again */
  static forConfig(config: OutboxRelayConfig, logger: Logger, redriveGroups: readonly string[] = consumerGroups): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ServiceModule.for({ name: 'outbox-relay', config, logger }),
        ServiceAuthModule.for({ service: 'outbox-relay', verificationKeys: config.internalKeys, hmacSecrets: config.internalHmacSecrets }),
        IdempotencyModule.forRoot({ schema, secrets: config.idempotencySecrets }),
        PublishingModule,
        DeadLettersModule.for(redriveGroups),
        OutboxesModule,
        HeldEventsModule,
        ConservationModule,
      ],
    };
  }
}
