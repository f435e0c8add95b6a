import { Problem } from '@plinth/kernel';

export const jobNotFound = () => new Problem('job_not_found', 'not_found', 'There is no such job.');

export const jobRunNotFound = () => new Problem('job_run_not_found', 'not_found', 'There is no such run of this job.');

/** Runs of the job end and begin faster than one can be asked for. */
export const jobRunContended = () =>
  new Problem('job_run_contended', 'conflict', 'The job is being run by someone else. Try again shortly.', { headers: { 'retry-after': '1' } });
