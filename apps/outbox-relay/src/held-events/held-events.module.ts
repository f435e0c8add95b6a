import { Module } from '@nestjs/common';
import { SignedCursor } from '@plinth/http';
import { OutboxRelayConfig } from '../config.js';
import { DecisionWorker } from './decision-worker.js';
import { DecisionsRepository } from './decisions.repository.js';
import { HeldEventsController } from './held-events.controller.js';
import { HeldEventsRepository } from './held-events.repository.js';
import { HeldEventsService } from './held-events.service.js';

/** Events that cannot be published: shown to operators, armed again or given up. */
@Module({
  controllers: [HeldEventsController],
  providers: [
    { provide: SignedCursor, inject: [OutboxRelayConfig], useFactory: ({ cursorSecrets }: OutboxRelayConfig) => new SignedCursor(cursorSecrets) },
    HeldEventsRepository,
    DecisionsRepository,
    HeldEventsService,
    DecisionWorker,
  ],
})
export class HeldEventsModule {}
