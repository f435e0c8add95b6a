import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Ctx, RequestContext, UuidPipe } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import type { DeadLetterView } from './dead-letter-view.js';
import { DeadLettersService, type DeadLetterPage } from './dead-letters.service.js';
import { ListDeadLettersQuery } from './dto/list-dead-letters.query.js';

@Controller('v1/admin/dead-letters')
export class DeadLettersController {
  constructor(private readonly letters: DeadLettersService) {}

  @Get()
  @Access('dead_letter.read')
  listLetters(@Ctx() context: RequestContext, @Query() query: ListDeadLettersQuery): Promise<DeadLetterPage> {
    return this.letters.listLetters(context, query);
  }

  @Get(':id')
  @Access('dead_letter.read')
  getLetter(@Ctx() context: RequestContext, @Param('id', UuidPipe) id: string) {
    return this.letters.getLetter(context, id);
  }

  @Post(':id/redrive')
  @HttpCode(202)
  @Access('dead_letter.redrive')
  @Idempotent()
  requestRedrive(@Ctx() context: RequestContext, @Param('id', UuidPipe) id: string): Promise<DeadLetterView> {
    return this.letters.requestRedrive(context, id);
  }
}
