import { Module } from '@nestjs/common';
import { OutboxesController } from './outboxes.controller.js';
import { OutboxesRepository } from './outboxes.repository.js';
import { OutboxesService } from './outboxes.service.js';

/** How far the publishing of each service's events is. */
@Module({ controllers: [OutboxesController], providers: [OutboxesRepository, OutboxesService] })
export class OutboxesModule {}
