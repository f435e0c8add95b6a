import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Answer, Ctx, RequestContext, UuidPipe } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { ListRunsQuery } from './dto/list-runs.query.js';
import type { JobView, RunView } from './job-views.js';
import { JobsService, type AcceptedRun, type Page } from './jobs.service.js';

@Controller('v1/admin/jobs')
export class JobsController {
  constructor(private readonly jobs: JobsService) {}

  @Get()
  @Access('job.read')
  listJobs(@Ctx() context: RequestContext): Promise<Page<JobView>> {
    return this.jobs.listJobs(context);
  }

  @Get(':name/runs')
  @Access('job.read')
  listRuns(@Ctx() context: RequestContext, @Param('name') name: string, @Query() query: ListRunsQuery): Promise<Page<RunView>> {
    return this.jobs.listRuns(context, name, query);
  }

  @Get(':name/runs/:id')
  @Access('job.read')
  getRun(@Ctx() context: RequestContext, @Param('name') name: string, @Param('id', UuidPipe) id: string): Promise<RunView> {
    return this.jobs.getRun(context, name, id);
  }

  @Post(':name/run')
  @HttpCode(202)
  @Access('job.run')
  @Idempotent()
  runNow(@Ctx() context: RequestContext, @Param('name') name: string): Promise<Answer<AcceptedRun>> {
    return this.jobs.runNow(context, name);
  }
}
