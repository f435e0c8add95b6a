import { CronSchedule } from './cron-schedule.js';
import type { Job } from './job.js';
import { jobErrors } from './jobs.errors.js';

export interface ScheduledJob {
  readonly job: Job;
  readonly schedule: CronSchedule;
}

const namePattern = /^[a-z][a-z_]{0,99}$/;

/** Every job of this build, by name. */
export class JobCatalogue {
  private readonly byName: ReadonlyMap<string, ScheduledJob>;

  /** @throws Error where a name, an expression or a zone is not one, or a name is there twice: a defect, told at the start */
  constructor(jobs: readonly Job[]) {
    for (const { name } of jobs) if (!namePattern.test(name)) throw new Error(`${name} is no name for a job`);
    this.byName = new Map(jobs.map((job) => [job.name, { job, schedule: new CronSchedule(job.cron, job.timeZone) }]));
    if (this.byName.size !== jobs.length) throw new Error('two jobs have the same name');
  }

  all(): readonly ScheduledJob[] {
    return [...this.byName.values()];
  }

  find(name: string): ScheduledJob | undefined {
    return this.byName.get(name);
  }

  /** @throws Problem `job_not_found` (404) */
  get(name: string): ScheduledJob {
    const known = this.byName.get(name);
    if (known === undefined) throw jobErrors.notFound();
    return known;
  }
}
