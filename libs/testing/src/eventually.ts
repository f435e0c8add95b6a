import { setTimeout as wait } from 'node:timers/promises';

interface EventuallyOptions {
  /** In milliseconds; 10 s by default. */
  readonly withinMs?: number;
  readonly everyMs?: number;
}

/** Repeats an expectation until it holds; at the end of the time its last failure is thrown. */
export async function eventually<T>(expectation: () => Promise<T> | T, options: EventuallyOptions = {}): Promise<T> {
  const deadline = performance.now() + (options.withinMs ?? 10_000);
  for (;;) {
    try {
      return await expectation();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await wait(options.everyMs ?? 25);
    }
  }
}
