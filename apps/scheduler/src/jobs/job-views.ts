import { shape, type Described } from '@plinth/http';
import type { ScheduledJob } from './job-catalogue.js';
import type { JobSummaryRow, RunRow } from './job-runs.repository.js';

const moment = shape.nullable(shape.dateTime());

/** A job as the API answers it. */
export const jobShape = shape.named(
  'Job',
  shape.record({
    name: shape.text(),
    cron: shape.text(),
    timeZone: shape.text(),
    nextRunAt: moment,
    running: shape.boolean('Whether a try is under way.'),
    lastRunAt: moment,
    lastDurationMs: shape.nullable(shape.integer('Of the last run that ended.')),
    lastSuccessAt: moment,
    lastError: shape.nullable(shape.text('Of the last try that failed, however many have succeeded since: compare lastErrorAt with lastSuccessAt.')),
    lastErrorAt: moment,
  }),
);
export type JobView = Described<typeof jobShape>;

const runStatuses = ['queued', 'running', 'waiting', 'succeeded', 'failed'] as const;
export type RunStatus = (typeof runStatuses)[number];

/** A run as the API answers it. */
export const runShape = shape.named(
  'JobRun',
  shape.record({
    id: shape.uuid(),
    job: shape.text(),
    trigger: shape.oneOf(['cron', 'manual']),
    status: shape.oneOf(runStatuses, '`queued` waits for its first try, `waiting` for a further one.'),
    outcome: shape.nullable(shape.oneOf(['succeeded', 'failed'])),
    requestedAt: shape.dateTime(),
    startedAt: shape.nullable(shape.dateTime('Of the last try.')),
    finishedAt: moment,
    durationMs: shape.nullable(shape.integer('Of the last try.')),
    attempts: shape.integer(),
    error: shape.nullable(shape.text('Class and code of the last try that failed; also on a run that succeeded after it.')),
    result: shape.anything('What the job counted.'),
  }),
);
export type RunView = Described<typeof runShape>;

/** The answer to who asks for a run. */
export const acceptedRunShape = shape.named(
  'AcceptedRun',
  shape.record({ runId: shape.uuid(), job: shape.text(), joined: shape.boolean('Whether the run was asked for before, and is not new.') }),
);
export type AcceptedRun = Described<typeof acceptedRunShape>;

export function jobView({ job, schedule }: ScheduledJob, row: JobSummaryRow | undefined, now: Date): JobView {
  return {
    name: job.name,
    cron: job.cron,
    timeZone: job.timeZone,
    nextRunAt: isoTime(schedule.next(now)),
    running: row?.running ?? false,
    lastRunAt: isoTime(row?.last_run_at),
    lastDurationMs: row?.last_duration_ms ?? null,
    lastSuccessAt: isoTime(row?.last_success_at),
    lastError: row?.last_error ?? null,
    lastErrorAt: isoTime(row?.last_error_at),
  };
}

export function runView(row: RunRow): RunView {
  return {
    id: row.id,
    job: row.job,
    trigger: row.trigger,
    status: statusOf(row),
    outcome: row.outcome,
    requestedAt: row.requested_at.toISOString(),
    startedAt: isoTime(row.started_at),
    finishedAt: isoTime(row.finished_at),
    durationMs: row.duration_ms,
    attempts: row.attempt,
    error: row.error,
    result: row.result,
  };
}

function isoTime(moment: Date | null | undefined): string | null {
  return moment?.toISOString() ?? null;
}

function statusOf({ outcome, running, attempt }: RunRow): RunStatus {
  if (outcome !== null) return outcome;
  if (running) return 'running';
  return attempt === 0 ? 'queued' : 'waiting';
}
