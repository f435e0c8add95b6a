import { writeSync } from 'node:fs';
import type { DestinationStream } from 'pino';

const retryEveryMs = 5;
const patienceMs = 500;

/**
 * Standard output, line by line and at once. A line that cannot be written (the log's disk is full, its
 * reader is gone) is lost and nothing else: pino's own stream ends the process then, or, asked to flush
 * at the end, tries for ever.
 */
export const standardOutput: DestinationStream = { write: (line) => writeLine(1, line) };

/** @param fd a file descriptor; a pipe whose reader is slow is waited for, half a second at most */
export function writeLine(fd: number, line: string): void {
  let rest = Buffer.from(line);
  const deadline = performance.now() + patienceMs;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || performance.now() > deadline) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryEveryMs);
    }
  }
}
