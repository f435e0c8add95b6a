import { defineEvent, field } from './event-definition.js';

/** A run of a job came to its end. */
export interface JobRunFinishedV1Payload {
  runId: string;
  job: string;
  outcome: 'succeeded' | 'failed';
  durationMs: number;
}

export const JobRunFinishedV1 = defineEvent<JobRunFinishedV1Payload>()({
  type: 'job_run.finished',
  version: 1,
  topic: 'plinth.jobs',
  aggregateType: 'job_run',
  description: 'A run of a job came to its end.',
  schema: field.record({
    runId: field.uuid,
    job: field.text(100),
    outcome: { enum: ['succeeded', 'failed'] },
    durationMs: { type: 'integer', minimum: 0 },
  }),
});
