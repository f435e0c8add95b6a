import { Controller, Get, Param, Query } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext, shape, UuidPipe, type Page } from '@plinth/http';
import { ListEntriesQuery } from './dto/list-entries.query.js';
import { entryErrors } from './entries.errors.js';
import { EntriesService } from './entries.service.js';
import { entryShape, type EntryView } from './entry-view.js';

@Controller('v1/audit/entries')
export class EntriesController {
  constructor(private readonly entries: EntriesService) {}

  @Get()
  @Operation('listAuditEntries', 'Search the audit trail, newest first')
  @Access('audit.read')
  @Answers(200, shape.page(entryShape))
  listEntries(@Ctx() context: RequestContext, @Query() query: ListEntriesQuery): Promise<Page<EntryView>> {
    return this.entries.listEntries(context, query);
  }

  @Get(':id')
  @Operation('getAuditEntry', 'Read an audit entry')
  @Access('audit.read')
  @Answers(200, entryShape, { etag: true })
  @Refuses(entryErrors.notFound)
  getEntry(@Ctx() context: RequestContext, @Param('id', UuidPipe) id: string): Promise<EntryView> {
    return this.entries.getEntry(context, id);
  }
}
