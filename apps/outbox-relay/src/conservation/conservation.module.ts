import { Module } from '@nestjs/common';
import { SignedCursor } from '@plinth/http';
import { OutboxRelayConfig } from '../config.js';
import { ConservationMetrics } from './conservation-metrics.js';
import { CONSERVATION_POLICY, conservationPolicy } from './conservation-policy.js';
import { ConservationWorker } from './conservation-worker.js';
import { ConservationController } from './conservation.controller.js';
import { ConservationRepository } from './conservation.repository.js';
import { ConservationService } from './conservation.service.js';

/** Counts what was told against what became of it, and shows it to operators. */
@Module({
  controllers: [ConservationController],
  providers: [
    { provide: CONSERVATION_POLICY, useValue: conservationPolicy },
    { provide: SignedCursor, inject: [OutboxRelayConfig], useFactory: ({ cursorSecrets }: OutboxRelayConfig) => new SignedCursor(cursorSecrets) },
    ConservationRepository,
    ConservationService,
    ConservationMetrics,
    ConservationWorker,
  ],
})
export class ConservationModule {}
