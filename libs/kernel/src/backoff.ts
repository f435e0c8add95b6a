/** Bounds of a retry schedule, in milliseconds. */
export interface BackoffOptions {
  readonly baseMs: number;
  readonly capMs: number;
}

/**
 * The wait before the next try: exponential with full jitter, a uniform draw from 0 to
 * `min(capMs, baseMs * 2^(attempt - 1))`.
 * Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 *
 * @param attempt how many tries have failed, from 1
 */
export function backoffDelayMs(attempt: number, options: BackoffOptions, random: () => number = Math.random): number {
  // 2^30 is past every cap in use; the bound keeps the power finite.
  const ceiling = Math.min(options.capMs, options.baseMs * 2 ** Math.min(attempt - 1, 30));
  return Math.floor(random() * ceiling);
}
