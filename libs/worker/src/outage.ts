/** How an outage is told: once when it begins, once when it is over. */
export interface OutageLog {
  begins(error: unknown): void;
  /** @param failures how many failed in a row */
  ends(failures: number): void;
}

/** Failures in a row are one outage, however many they are. */
export class Outage {
  private count = 0;

  constructor(private readonly log: OutageLog) {}

  /** @returns how many have failed in a row, from 1: the attempt that `backoffDelayMs` asks for */
  failed(error: unknown): number {
    this.count += 1;
    if (this.count === 1) this.log.begins(error);
    return this.count;
  }

  /** An attempt has succeeded. Told only where one had failed. */
  over(): void {
    const failures = this.count;
    this.count = 0;
    if (failures > 0) this.log.ends(failures);
  }
}
