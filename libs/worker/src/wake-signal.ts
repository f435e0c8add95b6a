/** A wait that a hint cuts short. A hint that comes while no one waits ends the next wait at once. */
export class WakeSignal {
  private woken = false;
  private endWait: (() => void) | undefined;

  /** Hints are not counted: however many come before a wait, they end that one. */
  wake(): void {
    this.woken = true;
    this.endWait?.();
  }

  /** @param limitMs how long to wait at most, in milliseconds */
  async wait(limitMs: number): Promise<void> {
    if (!this.woken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, limitMs);
        this.endWait = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.endWait = undefined;
    this.woken = false;
  }
}
