import { Injectable } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import { Answer, SignedCursor, type Page, type PageQuery, type RequestContext } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { AuditTrail } from '@plinth/outbox';
import { JobCatalogue } from './job-catalogue.js';
import { JobRunsRepository, type RunPosition } from './job-runs.repository.js';
import { jobView, runView, type AcceptedRun, type JobView, type RunView } from './job-views.js';
import { jobErrors } from './jobs.errors.js';

// Each try but the last ends where a run ended between its two statements.
const requestTries = 3;

@Injectable()
export class JobsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly catalogue: JobCatalogue,
    private readonly runs: JobRunsRepository,
    private readonly audit: AuditTrail,
    private readonly cursors: SignedCursor,
  ) {}

  async listJobs(context: RequestContext): Promise<Page<JobView>> {
    const jobs = this.catalogue.all();
    const rows = await this.transactor.read(context, (conn) => this.runs.listSummaries(conn, jobs.map(({ job }) => job.name)));
    const now = new Date();
    return { data: jobs.map((known) => jobView(known, rows.find(({ job }) => job === known.job.name), now)), nextCursor: null };
  }

  /** @throws Problem `job_not_found` (404), `cursor_invalid` (400) */
  async listRuns(context: RequestContext, name: string, query: PageQuery): Promise<Page<RunView>> {
    const { job } = this.catalogue.get(name);
    const { rows, nextCursor } = await this.cursors.readPage(query, {
      binding: ['job-runs', job.name],
      read: (before: RunPosition | null, limit) => this.transactor.read(context, (conn) => this.runs.listRuns(conn, job.name, before, limit)),
      positionOf: (row): RunPosition => [row.requested_at_text, row.id],
    });
    return { data: rows.map(runView), nextCursor };
  }

  /** @throws Problem `job_not_found` (404), `job_run_not_found` (404) */
  async getRun(context: RequestContext, name: string, id: string): Promise<RunView> {
    const { job } = this.catalogue.get(name);
    const row = await this.transactor.read(context, (conn) => this.runs.findRun(conn, job.name, id));
    if (row === null) throw jobErrors.runNotFound();
    return runView(row);
  }

  /**
   * Asks for a run. Where one is waiting or under way, that is the answer: a job is not run twice at once.
   *
   * @throws Problem `job_not_found` (404), `job_run_contended` (409)
   */
  async runNow(context: RequestContext, name: string): Promise<Answer<AcceptedRun>> {
    const { job } = this.catalogue.get(name);
    return await this.transactor.run(context, async (tx) => {
      for (let attempt = 1; attempt <= requestTries; attempt++) {
        const id = newId();
        const isNew = await this.runs.requestRun(tx, { id, job: job.name, trigger: 'manual', dueAt: null });
        if (isNew) await this.runs.enqueueRun(tx, id, 0);
        const runId = isNew ? id : await this.runs.findUnfinishedRun(tx, job.name);
        if (runId === null) continue;
        this.audit.record(tx, context, { action: 'job.run', resource: { type: 'job', id: job.name }, after: { runId, joined: !isNew } });
        return new Answer({ runId, job: job.name, joined: !isNew }, { location: `/v1/admin/jobs/${job.name}/runs/${runId}` });
      }
      throw jobErrors.runContended();
    });
  }
}
