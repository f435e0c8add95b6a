import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Answers, Ctx, Operation, PageQuery, Refuses, RequestContext, shape, UuidPipe, type Page } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { deadLetterErrors } from './dead-letters.errors.js';
import { RedriveDeadLettersDto } from './dto/redrive-dead-letters.dto.js';
import { redriveBatchShape, redrivePlanShape, type RedriveBatchView, type RedrivePlanView } from './redrive-batch-view.js';
import { RedriveBatchesService } from './redrive-batches.service.js';

@Controller('v1/admin/dead-letters')
export class RedriveBatchesController {
  constructor(private readonly batches: RedriveBatchesService) {}

  @Post('redrive')
  @Operation('redriveDeadLetters', 'Send the dead letters of a filter again, or tell which these are')
  @Access('dead_letter.redrive')
  @Idempotent()
  @Answers(202, redrivePlanShape)
  @Refuses(deadLetterErrors.selectionUnclear, deadLetterErrors.reasonRequired)
  redrive(@Ctx() context: RequestContext, @Body() request: RedriveDeadLettersDto): Promise<RedrivePlanView> {
    return this.batches.redrive(context, request);
  }

  @Get('redrives')
  @Operation('listDeadLetterRedrives', 'List the redrives of many letters, newest first')
  @Access('dead_letter.read')
  @Answers(200, shape.page(redriveBatchShape))
  listBatches(@Ctx() context: RequestContext, @Query() query: PageQuery): Promise<Page<RedriveBatchView>> {
    return this.batches.listBatches(context, query);
  }

  @Get('redrives/:id')
  @Operation('getDeadLetterRedrive', 'Follow a redrive of many letters')
  @Access('dead_letter.read')
  @Answers(200, redriveBatchShape, { etag: true })
  @Refuses(deadLetterErrors.redriveNotFound)
  getBatch(@Ctx() context: RequestContext, @Param('id', UuidPipe) id: string): Promise<RedriveBatchView> {
    return this.batches.getBatch(context, id);
  }

  @Post('redrives/:id/stop')
  @Operation('stopDeadLetterRedrive', 'Send no more letters of a redrive')
  @Access('dead_letter.redrive')
  @Idempotent()
  @Answers(200, redriveBatchShape)
  @Refuses(deadLetterErrors.redriveNotFound, deadLetterErrors.redriveEnded)
  stopBatch(@Ctx() context: RequestContext, @Param('id', UuidPipe) id: string): Promise<RedriveBatchView> {
    return this.batches.stopBatch(context, id);
  }
}
