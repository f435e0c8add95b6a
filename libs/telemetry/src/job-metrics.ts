import { defineMetrics } from './metric-definition.js';
import type { Instruments, Metrics } from './metrics.js';

/** What the scheduler knows of its jobs; a job's name is one of its catalogue. */
export const jobMetrics = defineMetrics({
  runs: { name: 'plinth_job_runs_total', kind: 'counter', help: 'Runs that ended, by outcome.', labels: ['job', 'outcome'] },
  duration: {
    name: 'plinth_job_duration_seconds',
    kind: 'histogram',
    help: 'How long runs took.',
    labels: ['job'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800],
  },
  lastRun: {
    name: 'plinth_job_last_run_timestamp_seconds',
    kind: 'gauge',
    help: 'When the last run with this outcome ended, in Unix time.',
    labels: ['job', 'outcome'],
  },
});

/** A run of a job that has ended. */
export interface FinishedRun {
  /** Of the catalogue, never of a request. */
  readonly job: string;
  readonly outcome: 'succeeded' | 'failed';
  readonly durationMs: number;
  readonly finishedAt: Date;
}

/** Counts the runs of jobs in the process that ran them. */
export class JobMetrics {
  private readonly instruments: Instruments<typeof jobMetrics>;

  constructor(metrics: Metrics) {
    this.instruments = metrics.of(jobMetrics);
  }

  /** A run that ended in this process. */
  finished({ job, outcome, durationMs, finishedAt }: FinishedRun): void {
    this.instruments.runs.add({ job, outcome });
    this.instruments.duration.observe({ job }, durationMs / 1000);
    this.lastRun({ job, outcome, finishedAt });
  }

  /** What is known from elsewhere (the table of runs), so that a restart does not forget it. */
  lastRun({ job, outcome, finishedAt }: Pick<FinishedRun, 'job' | 'outcome' | 'finishedAt'>): void {
    this.instruments.lastRun.set({ job, outcome }, finishedAt.getTime() / 1000);
  }
}
