/**
 * Bounds what retries add to the load of a destination that is in trouble: each first try earns a
 * fraction of a retry, a retry spends one.
 * Source: Google SRE Book, chapter 21, "Deciding to retry"; gRPC retry throttling (gRFC A6).
 */
export class RetryBudget {
  private tokens: number;

  /**
   * @param capacity retries that may follow each other at once
   * @param earnedPerCall retries that each first try earns, 0 to 1
   */
  constructor(
    private readonly capacity = 10,
    private readonly earnedPerCall = 0.1,
  ) {
    this.tokens = capacity;
  }

  /** For each first try. What goes beyond the capacity is lost. */
  earn(): void {
    this.tokens = Math.min(this.capacity, this.tokens + this.earnedPerCall);
  }

  /** Whether a retry may be made; takes it from the budget. */
  spend(): boolean {
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}
