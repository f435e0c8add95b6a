import type { ScheduledJob } from './job-catalogue.js';
import type { JobSummaryRow, RunRow } from './job-runs.repository.js';

/** A job as the API answers it. */
export interface JobView {
  readonly name: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly nextRunAt: Date | null;
  /** Whether a try is under way. */
  readonly running: boolean;
  readonly lastRunAt: Date | null;
  /** Of the last run that ended. */
  readonly lastDurationMs: number | null;
  readonly lastSuccessAt: Date | null;
  /** Of the last try that failed, however many have succeeded since: compare `lastErrorAt` with `lastSuccessAt`. */
  readonly lastError: string | null;
  readonly lastErrorAt: Date | null;
}

/** `queued` waits for its first try, `waiting` for a further one. */
export type RunStatus = 'queued' | 'running' | 'waiting' | 'succeeded' | 'failed';

/** A run as the API answers it. */
export interface RunView {
  readonly id: string;
  readonly job: string;
  readonly trigger: 'cron' | 'manual';
  readonly status: RunStatus;
  readonly outcome: 'succeeded' | 'failed' | null;
  readonly requestedAt: Date;
  /** Of the last try. */
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  /** Of the last try. */
  readonly durationMs: number | null;
  readonly attempts: number;
  /** Class and code of the last try that failed; also on a run that succeeded after it. */
  readonly error: string | null;
  /** What the job counted. */
  readonly result: unknown;
}

export function jobView({ job, schedule }: ScheduledJob, row: JobSummaryRow | undefined, now: Date): JobView {
  return {
    name: job.name,
    cron: job.cron,
    timeZone: job.timeZone,
    nextRunAt: schedule.next(now),
    running: row?.running ?? false,
    lastRunAt: row?.last_run_at ?? null,
    lastDurationMs: row?.last_duration_ms ?? null,
    lastSuccessAt: row?.last_success_at ?? null,
    lastError: row?.last_error ?? null,
    lastErrorAt: row?.last_error_at ?? null,
  };
}

export function runView(row: RunRow): RunView {
  return {
    id: row.id,
    job: row.job,
    trigger: row.trigger,
    status: statusOf(row),
    outcome: row.outcome,
    requestedAt: row.requested_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    durationMs: row.duration_ms,
    attempts: row.attempt,
    error: row.error,
    result: row.result,
  };
}

function statusOf({ outcome, running, attempt }: RunRow): RunStatus {
  if (outcome !== null) return outcome;
  if (running) return 'running';
  return attempt === 0 ? 'queued' : 'waiting';
}
