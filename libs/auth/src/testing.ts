import type { Clock } from '@plinth/kernel';

/** A clock that a test moves. */
export class HeldClock implements Clock {
  constructor(private time = new Date('2026-11-22T12:00:00.000Z')) {}

  now(): Date {
    return this.time;
  }

  advance(ms: number): void {
    this.time = new Date(this.time.getTime() + ms);
  }
}
