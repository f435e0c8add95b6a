import type { IncomingHttpHeaders } from 'node:http';

/** What the simulator saw of one call. Times are in milliseconds since the epoch. */
export interface JournalEntry {
  readonly id: number;
  readonly method: string;
  readonly path: string;
  readonly arrivedAt: number;
  /** As they came, without the credential. */
  readonly headers: IncomingHttpHeaders;
  /** The body, byte for byte, as text. */
  readonly body: string;
  /** When the first byte of the answer went out. */
  answeredAt: number | null;
  /** Frames of a stream that were sent. */
  frames: number;
  /** When the simulator had said all that it meant to. */
  endedAt: number | null;
  /** When the caller went away before that. */
  leftAt: number | null;
}

/** The last calls, oldest first. */
export class Journal {
  private readonly kept: JournalEntry[] = [];
  private count = 0;
  private readonly limit: number;

  constructor(limit = 1_000) {
    this.limit = limit;
  }

  get entries(): readonly JournalEntry[] {
    return this.kept;
  }

  open(call: Pick<JournalEntry, 'method' | 'path' | 'headers' | 'body'>): JournalEntry {
    const { authorization: _, ...headers } = call.headers;
    const entry: JournalEntry = { ...call, headers, id: ++this.count, arrivedAt: Date.now(), answeredAt: null, frames: 0, endedAt: null, leftAt: null };
    this.kept.push(entry);
    if (this.kept.length > this.limit) this.kept.shift();
    return entry;
  }

  clear(): void {
    this.kept.length = 0;
  }
}
