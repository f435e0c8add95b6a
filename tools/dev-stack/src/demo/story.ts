import { isDeepStrictEqual } from 'node:util';
import { say, UserError } from '../output.ts';

/** Tells the demo: numbered steps, what was seen under each, and an end at the first thing that is not so. */
export class Story {
  private count = 0;

  step(title: string): void {
    say(`\n${++this.count}. ${title}`);
  }

  /** A fact that was seen. */
  tell(line: string): void {
    say(`   ${line}`);
  }

  /** @throws UserError where it is not so */
  check(what: string, actual: unknown, expected: unknown): void {
    if (!isDeepStrictEqual(actual, expected)) {
      throw new UserError(`step ${this.count}: ${what} is ${JSON.stringify(actual)} and should be ${JSON.stringify(expected)} (make logs shows the services' side)`);
    }
    say(`   ✓ ${what}: ${typeof expected === 'string' ? expected : JSON.stringify(expected)}`);
  }
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
