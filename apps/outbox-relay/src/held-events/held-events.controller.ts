import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext, shape, UuidPipe, type Page } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { DecideEventDto } from './dto/decide-event.dto.js';
import { ListHeldEventsQuery } from './dto/list-held-events.query.js';
import { heldEventShape, outboxEventShape, type HeldEventView, type OutboxEventView } from './held-event-view.js';
import { heldEventErrors } from './held-events.errors.js';
import { HeldEventsService } from './held-events.service.js';

@Controller('v1/admin/outbox')
export class HeldEventsController {
  constructor(private readonly events: HeldEventsService) {}

  @Get('events')
  @Operation('listHeldOutboxEvents', 'List events that hold their aggregate, or were skipped')
  @Access('outbox.read')
  @Answers(200, shape.page(heldEventShape))
  listEvents(@Query() query: ListHeldEventsQuery): Promise<Page<HeldEventView>> {
    return this.events.listEvents(query);
  }

  @Get(':source/events/:id')
  @Operation('getOutboxEvent', 'Read an event of an outbox, without its payload, and what was decided of it')
  @Access('outbox.read')
  @Answers(200, outboxEventShape, { etag: true })
  @Refuses(heldEventErrors.notFound)
  getEvent(@Ctx() context: RequestContext, @Param('source') source: string, @Param('id', UuidPipe) id: string): Promise<OutboxEventView> {
    return this.events.getEvent(context, source, id);
  }

  @Post(':source/events/:id/rearm')
  @Operation('rearmOutboxEvent', 'Have an event that failed for good tried again, before what follows of its aggregate')
  @Access('outbox.rearm')
  @Idempotent()
  @Answers(202, outboxEventShape)
  @Refuses(heldEventErrors.notFound, heldEventErrors.notFailed, heldEventErrors.decisionOpen)
  rearm(@Ctx() context: RequestContext, @Param('source') source: string, @Param('id', UuidPipe) id: string, @Body() { reason }: DecideEventDto): Promise<OutboxEventView> {
    return this.events.decide(context, 'rearm', source, id, reason);
  }

  @Post(':source/events/:id/skip')
  @Operation('skipOutboxEvent', 'Give up an event that failed for good: it is never published, and its aggregate goes on')
  @Access('outbox.skip')
  @Idempotent()
  @Answers(202, outboxEventShape)
  @Refuses(heldEventErrors.notFound, heldEventErrors.notFailed, heldEventErrors.decisionOpen)
  skip(@Ctx() context: RequestContext, @Param('source') source: string, @Param('id', UuidPipe) id: string, @Body() { reason }: DecideEventDto): Promise<OutboxEventView> {
    return this.events.decide(context, 'skip', source, id, reason);
  }
}
