import { Controller, Get } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Answers, Operation, shape } from '@plinth/http';
import { OutboxesService, outboxShape } from './outboxes.service.js';

@Controller('v1/admin/outbox')
export class OutboxesController {
  constructor(private readonly outboxes: OutboxesService) {}

  @Get()
  @Operation('describeOutboxes', 'How far the publishing of each service’s events is')
  @Access('outbox.read')
  @Answers(200, shape.record({ data: shape.list(outboxShape) }))
  describeOutboxes() {
    return this.outboxes.describeOutboxes();
  }
}
