import { Controller, Get, Param, Post, Query } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Answer, Answers, Ctx, Operation, PageQuery, Refuses, RequestContext, shape, UuidPipe, type Page } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { acceptedRunShape, jobShape, runShape, type AcceptedRun, type JobView, type RunView } from './job-views.js';
import { jobErrors } from './jobs.errors.js';
import { JobsService } from './jobs.service.js';

@Controller('v1/admin/jobs')
export class JobsController {
  constructor(private readonly jobs: JobsService) {}

  @Get()
  @Operation('listJobs', 'List the jobs')
  @Access('job.read')
  @Answers(200, shape.page(jobShape))
  listJobs(@Ctx() context: RequestContext): Promise<Page<JobView>> {
    return this.jobs.listJobs(context);
  }

  @Get(':name/runs')
  @Operation('listJobRuns', 'List a job’s runs, newest first')
  @Access('job.read')
  @Answers(200, shape.page(runShape))
  @Refuses(jobErrors.notFound)
  listRuns(@Ctx() context: RequestContext, @Param('name') name: string, @Query() query: PageQuery): Promise<Page<RunView>> {
    return this.jobs.listRuns(context, name, query);
  }

  @Get(':name/runs/:id')
  @Operation('getJobRun', 'Read a run of a job')
  @Access('job.read')
  @Answers(200, runShape, { etag: true })
  @Refuses(jobErrors.notFound, jobErrors.runNotFound)
  getRun(@Ctx() context: RequestContext, @Param('name') name: string, @Param('id', UuidPipe) id: string): Promise<RunView> {
    return this.jobs.getRun(context, name, id);
  }

  @Post(':name/run')
  @Operation('runJob', 'Ask for a run of a job')
  @Access('job.run')
  @Idempotent()
  @Answers(202, acceptedRunShape, { location: true })
  @Refuses(jobErrors.notFound, jobErrors.runContended)
  runNow(@Ctx() context: RequestContext, @Param('name') name: string): Promise<Answer<AcceptedRun>> {
    return this.jobs.runNow(context, name);
  }
}
