import { Controller, Get, Param, Query } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Ctx, RequestContext, UuidPipe } from '@plinth/http';
import { ListEntriesQuery } from './dto/list-entries.query.js';
import { EntriesService, type EntryPage } from './entries.service.js';
import type { EntryView } from './entry-view.js';

@Controller('v1/audit/entries')
export class EntriesController {
  constructor(private readonly entries: EntriesService) {}

  @Get()
  @Access('audit.read')
  listEntries(@Ctx() context: RequestContext, @Query() query: ListEntriesQuery): Promise<EntryPage> {
    return this.entries.listEntries(context, query);
  }

  @Get(':id')
  @Access('audit.read')
  getEntry(@Ctx() context: RequestContext, @Param('id', UuidPipe) id: string): Promise<EntryView> {
    return this.entries.getEntry(context, id);
  }
}
