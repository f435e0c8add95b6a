/** A run of a worker that has ended. */
export interface EndedRun {
  readonly outcome: 'succeeded' | 'failed';
  /** What it threw, where it failed. */
  readonly error?: unknown;
}

/** What a test waits for instead of sleeping. While nobody waits it costs nothing and keeps nothing. */
export class WorkerSignals {
  private readonly waiting = new Set<(run: EndedRun) => void>();

  /** The next run that ends with this outcome, from now on. Pending for good where none does. */
  next(outcome: EndedRun['outcome']): Promise<EndedRun> {
    return new Promise((resolve) => {
      const hear = (run: EndedRun): void => {
        if (run.outcome !== outcome) return;
        this.waiting.delete(hear);
        resolve(run);
      };
      this.waiting.add(hear);
    });
  }

  /** For the worker, at each end of a run. */
  tell(run: EndedRun): void {
    for (const hear of this.waiting) hear(run);
  }
}
