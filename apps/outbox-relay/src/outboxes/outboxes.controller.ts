import { Controller, Get } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { OutboxesService } from './outboxes.service.js';

@Controller('v1/admin/outbox')
export class OutboxesController {
  constructor(private readonly outboxes: OutboxesService) {}

  @Get()
  @Access('outbox.read')
  describeOutboxes() {
    return this.outboxes.describeOutboxes();
  }
}
