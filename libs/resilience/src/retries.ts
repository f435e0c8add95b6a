import { setTimeout as delay } from 'node:timers/promises';
import { backoffDelayMs, type BackoffOptions } from '@plinth/kernel';
import type { Guard } from './guard.js';

/** What one try came to. */
export interface TryOutcome<T> {
  /** Whether another try may end otherwise: there was no answer, or one that says "not now". */
  readonly transient: boolean;
  /** The wait that the other side asks for, in milliseconds; 0 where it asks for none. */
  readonly retryAfterMs: number;
  /** Makes it the call's result: the answer, or a throw. */
  settle(): T;
  /** Throws it away, for another try. */
  drop?(): void;
}

/** How often and how long a call is tried; the budget of its destination may end it earlier. */
export interface RetryRules {
  /** Most tries in all, from 1. */
  readonly tries: number;
  /** Waits between them; a longer `Retry-After` is honoured. */
  readonly backoff: BackoffOptions;
  /** A wait longer than this is not made: what came of the last try is the result. */
  readonly maxWaitMs?: number;
  /** When the whole call must have ended, by `performance.now()`: no try begins after it. */
  readonly endsAtMs?: number;
  /** Ends a wait at once; its reason is thrown then. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Tries until there is a result, the rules end it, or the destination's budget is spent. All clients
 * of a destination spend from one budget, so that their retries together stay a fraction of their calls.
 */
export async function withRetries<T>(guard: Guard, rules: RetryRules, tryOnce: (number: number) => Promise<TryOutcome<T>>): Promise<T> {
  const { tries, backoff, maxWaitMs = Infinity, endsAtMs = Infinity, signal } = rules;
  guard.earnRetries();
  for (let number = 1; ; number++) {
    const outcome = await tryOnce(number);
    const waitMs = Math.max(backoffDelayMs(number, backoff), outcome.retryAfterMs);
    const inTime = waitMs <= maxWaitMs && performance.now() + waitMs < endsAtMs;
    if (!outcome.transient || number >= tries || !inTime || !guard.spendRetry()) return outcome.settle();
    outcome.drop?.();
    await delay(waitMs, undefined, { signal }).catch(() => {
      throw signal?.reason as Error;
    });
  }
}

/** A try that threw. */
export function failedTry<T>(error: unknown, { transient, retryAfterMs = 0 }: { readonly transient: boolean; readonly retryAfterMs?: number }): TryOutcome<T> {
  const settle = (): never => {
    throw error;
  };
  return { transient, retryAfterMs, settle };
}
