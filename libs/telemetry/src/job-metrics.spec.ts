import { JobMetrics } from './job-metrics.js';
import { Metrics } from './metrics.js';

describe('JobMetrics', () => {
  it('counts runs by job and outcome, with their duration and when the last one ended', async () => {
    const metrics = new Metrics('scheduler');
    const jobs = new JobMetrics(metrics);
    jobs.finished({ job: 'purge', outcome: 'succeeded', durationMs: 250, finishedAt: new Date(1_000_000) });
    jobs.finished({ job: 'purge', outcome: 'failed', durationMs: 50, finishedAt: new Date(2_000_000) });
    const { body } = await metrics.text();
    expect(body).toContain('plinth_job_runs_total{job="purge",outcome="succeeded",service="scheduler"} 1');
    expect(body).toContain('plinth_job_duration_seconds_count{service="scheduler",job="purge"} 2');
    expect(body).toContain('plinth_job_last_run_timestamp_seconds{job="purge",outcome="failed",service="scheduler"} 2000');
  });

  it('shows a run of before the start without counting it again', async () => {
    const metrics = new Metrics('scheduler');
    new JobMetrics(metrics).lastRun({ job: 'purge', outcome: 'succeeded', finishedAt: new Date(3_000_000) });
    const { body } = await metrics.text();
    expect(body).toContain('plinth_job_last_run_timestamp_seconds{job="purge",outcome="succeeded",service="scheduler"} 3000');
    expect(body).not.toContain('plinth_job_runs_total{');
  });
});
