import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { JournalEntry } from './journal.ts';

/** One call being answered: writes, and notes in the journal what came of it. */
export class Exchange {
  readonly entry: JournalEntry;
  private readonly response: ServerResponse<IncomingMessage>;
  private readonly left = new AbortController();

  constructor(entry: JournalEntry, response: ServerResponse<IncomingMessage>) {
    this.entry = entry;
    this.response = response;
    response.on('close', () => {
      if (entry.endedAt === null) entry.leftAt = Date.now();
      this.left.abort();
    });
    response.on('error', () => undefined);
  }

  get gone(): boolean {
    return this.left.signal.aborted;
  }

  head(status: number, contentType: string, headers: Record<string, string> = {}): void {
    this.entry.answeredAt = Date.now();
    this.response.writeHead(status, { 'content-type': contentType, 'x-request-id': `sim-${this.entry.id}`, ...headers });
  }

  /** Resolves when the bytes have gone to the kernel, or the caller is gone. */
  async write(text: string): Promise<void> {
    if (this.gone) return;
    await new Promise<void>((resolve) => {
      this.left.signal.addEventListener('abort', () => resolve(), { once: true });
      this.response.write(text, () => resolve());
    });
    if (text.startsWith('data:')) this.entry.frames += 1;
  }

  end(text = ''): void {
    if (this.gone) return;
    this.entry.endedAt = Date.now();
    this.response.end(text);
  }

  answer(status: number, body: string, headers: Record<string, string> = {}): void {
    this.head(status, 'application/json', headers);
    this.end(body);
  }

  /** Ends the connection with a TCP reset. */
  reset(): void {
    this.entry.endedAt = Date.now();
    this.response.socket?.resetAndDestroy();
  }

  /** Headers go out alone. */
  flush(): void {
    this.response.flushHeaders();
  }

  /** Ends early when the caller leaves. */
  async wait(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.left.signal }).catch(() => undefined);
  }
}
