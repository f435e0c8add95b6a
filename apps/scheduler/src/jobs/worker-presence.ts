import type { DatabaseSession } from '@plinth/database';

// A worker that has just begun may hold a job for a moment before it holds its lock.
const graceMs = 3_000;

const HOLDERS = `
  SELECT DISTINCT locked_by FROM scheduler.jobs
  WHERE locked_by IS NOT NULL AND locked_by <> $1 AND locked_at < now() - $2 * interval '1 millisecond'`;

/**
 * Who of the workers is alive, told by a lock that lives as long as its connection: kill -9 ends both
 * at once, a machine that vanished is noticed within about 6 s. The library by itself would wait four
 * hours before it gave a dead worker's jobs to another.
 *
 * @ruleExempt service-layer: its statements are locks of one connection and the queue's own functions, no data of the service
 */
export class WorkerPresence {
  private id = '';

  /** @param session ended by whoever opened it; the locks end with it */
  constructor(private readonly session: DatabaseSession) {}

  /** @returns false where another connection is this worker: it must not work then */
  async claim(workerId: string): Promise<boolean> {
    this.id = workerId;
    return await this.session.tryLock(lockOf(workerId));
  }

  /** Frees the jobs that dead workers hold. @returns how many workers were dead */
  async freeJobsOfTheDead(): Promise<number> {
    const holders = await this.session.query<{ locked_by: string }>(HOLDERS, [this.id, graceMs]);
    let dead = 0;
    for (const { locked_by: workerId } of holders) {
      if (!(await this.session.tryLock(lockOf(workerId)))) continue;
      await this.session.query('SELECT scheduler.force_unlock_workers(ARRAY[$1::text])', [workerId]);
      await this.session.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [lockOf(workerId)]);
      dead += 1;
    }
    return dead;
  }
}

function lockOf(workerId: string): string {
  return `plinth.scheduler.worker.${workerId}`;
}
