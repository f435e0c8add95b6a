import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext, shape, UuidPipe, type Page } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import {
  archivedLettersShape,
  deadLetterShape,
  letterGroupShape,
  wholeLetterShape,
  type ArchivedLettersView,
  type DeadLetterView,
  type LetterGroupView,
  type WholeLetterView,
} from './dead-letter-view.js';
import { deadLetterErrors } from './dead-letters.errors.js';
import { DeadLettersService } from './dead-letters.service.js';
import { DiscardDeadLetterDto } from './dto/discard-dead-letter.dto.js';
import { ListArchiveQuery } from './dto/list-archive.query.js';
import { ListDeadLettersQuery } from './dto/list-dead-letters.query.js';
import { RedriveDeadLetterDto } from './dto/redrive-dead-letter.dto.js';

@Controller('v1/admin/dead-letters')
export class DeadLettersController {
  constructor(private readonly letters: DeadLettersService) {}

  @Get()
  @Operation('listDeadLetters', 'List dead letters, newest first')
  @Access('dead_letter.read')
  @Answers(200, shape.page(deadLetterShape))
  listLetters(@Ctx() context: RequestContext, @Query() query: ListDeadLettersQuery): Promise<Page<DeadLetterView>> {
    return this.letters.listLetters(context, query);
  }

  @Get('groups')
  @Operation('listDeadLetterGroups', 'Count dead letters by what went wrong, the newest first')
  @Access('dead_letter.read')
  @Answers(200, shape.page(letterGroupShape))
  listGroups(@Ctx() context: RequestContext, @Query() query: ListDeadLettersQuery): Promise<Page<LetterGroupView>> {
    return this.letters.listGroups(context, query);
  }

  @Get('archive')
  @Operation('listArchivedDeadLetters', 'Count dead letters that are purged, by day and what went wrong')
  @Access('dead_letter.read')
  @Answers(200, shape.page(archivedLettersShape))
  listArchive(@Ctx() context: RequestContext, @Query() query: ListArchiveQuery): Promise<Page<ArchivedLettersView>> {
    return this.letters.listArchive(context, query);
  }

  @Get(':id')
  @Operation('getDeadLetter', 'Read a dead letter, byte for byte')
  @Access('dead_letter.read')
  @Answers(200, wholeLetterShape, { etag: true })
  @Refuses(deadLetterErrors.notFound)
  getLetter(@Ctx() context: RequestContext, @Param('id', UuidPipe) id: string): Promise<WholeLetterView> {
    return this.letters.getLetter(context, id);
  }

  @Post(':id/redrive')
  @Operation('redriveDeadLetter', 'Send a dead letter again to the group that failed')
  @Access('dead_letter.redrive')
  @Idempotent()
  @Answers(202, deadLetterShape, { ifMatch: true })
  @Refuses(deadLetterErrors.notFound, deadLetterErrors.groupUnknown, deadLetterErrors.replayLimitReached, deadLetterErrors.discarded, deadLetterErrors.reasonRequired)
  requestRedrive(@Ctx() context: RequestContext, @Param('id', UuidPipe) id: string, @Body() request: RedriveDeadLetterDto): Promise<DeadLetterView> {
    return this.letters.requestRedrive(context, id, request);
  }

  @Post(':id/discard')
  @Operation('discardDeadLetter', 'Set a dead letter aside for good')
  @Access('dead_letter.discard')
  @Idempotent()
  @Answers(200, deadLetterShape, { ifMatch: true })
  @Refuses(deadLetterErrors.notFound, deadLetterErrors.beingSent, deadLetterErrors.discarded, deadLetterErrors.processed)
  discard(@Ctx() context: RequestContext, @Param('id', UuidPipe) id: string, @Body() request: DiscardDeadLetterDto): Promise<DeadLetterView> {
    return this.letters.discard(context, id, request);
  }
}
