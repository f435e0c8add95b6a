import { defineMetrics } from '@plinth/telemetry';

/** What is known of every background loop; a worker's name is the code's. */
export const workerMetrics = defineMetrics({
  runs: { name: 'plinth_worker_runs_total', kind: 'counter', help: 'Runs that ended, by outcome: succeeded or failed.', labels: ['worker', 'outcome'] },
  duration: {
    name: 'plinth_worker_run_duration_seconds',
    kind: 'histogram',
    help: 'How long runs took; of a worker that follows a stream, how long it lasted.',
    labels: ['worker'],
    buckets: [0.001, 0.01, 0.1, 1, 10, 60, 600],
  },
  lastSuccess: {
    name: 'plinth_worker_last_success_timestamp_seconds',
    kind: 'gauge',
    help: 'When a run last ended well, or told that it works, in Unix time.',
    labels: ['worker'],
  },
});
