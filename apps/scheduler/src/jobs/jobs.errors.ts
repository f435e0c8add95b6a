import { defineErrors } from '@plinth/kernel';

export const jobErrors = defineErrors({
  notFound: {
    code: 'job_not_found',
    kind: 'not_found',
    detail: 'There is no such job.',
    remedy: 'Take the name from GET /v1/admin/jobs.',
  },
  runNotFound: {
    code: 'job_run_not_found',
    kind: 'not_found',
    detail: 'There is no such run of this job.',
    remedy: 'Take the id from GET /v1/admin/jobs/{name}/runs; old runs are purged.',
  },
  /** Runs of the job end and begin faster than one can be asked for. */
  runContended: {
    code: 'job_run_contended',
    kind: 'conflict',
    detail: 'The job is being run by someone else. Try again shortly.',
    remedy: 'Try again after Retry-After.',
    headers: { 'retry-after': '1' },
  },
  /** Of a run, not of a request: a replica of another version may have the job. */
  unknownHere: {
    code: 'job_unknown',
    kind: 'internal',
    detail: 'This build has no such job.',
    remedy: 'Finish the deployment: a replica that has the job will run it.',
  },
});
