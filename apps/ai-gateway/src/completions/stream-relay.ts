import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Problem } from '@plinth/kernel';
import { openAiError } from '@plinth/http';

/** Most of a keyed stream that is kept to be given again. */
const maxKeptBytes = 8 * 1_048_576;
const lastWordsMs = 1_000;

export const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // A buffering proxy in front (nginx) would hold the frames back.
  'x-accel-buffering': 'no',
};

/** The caller's end of a stream: frames go out as they come in, no faster than they are read. */
export class StreamRelay {
  private begun = false;
  private kept: Buffer[] | null;
  private keptBytes = 0;

  /** @param keeps whether what is sent will be needed again */
  constructor(
    private readonly response: ServerResponse<IncomingMessage>,
    private readonly headers: Readonly<Record<string, string>>,
    private readonly stallTimeoutMs: number,
    keeps: boolean,
  ) {
    this.kept = keeps ? [] : null;
  }

  /** Whether the caller has seen the head of the answer; a failure is then told in the stream. */
  get hasBegun(): boolean {
    return this.begun;
  }

  /** All that was sent, with what will end it; null where it is not kept or was too much. */
  whole(end: Buffer): Buffer | null {
    return this.kept === null ? null : Buffer.concat([...this.kept, end]);
  }

  /** Resolves when more may be sent. A caller that reads nothing for too long is cut off. */
  async send(frames: readonly Buffer[]): Promise<void> {
    const bytes = frames.length === 1 && frames[0] !== undefined ? frames[0] : Buffer.concat(frames);
    if (bytes.length === 0 || this.response.destroyed) return;
    this.begin();
    this.keep(bytes);
    if (!this.response.write(bytes)) await this.drained();
  }

  end(bytes: Buffer): void {
    this.begin();
    this.response.end(bytes);
  }

  /**
   * Ends as an error for whoever reads: a frame that says why, in OpenAI's shape, and then a connection that
   * breaks before the answer's own end. A clean end would let half an answer pass for a whole one.
   */
  break(problem: Problem): void {
    const { response } = this;
    const destroy = (): void => void response.destroy();
    // A caller that does not read would keep the frame, and the connection, for good.
    const timer = setTimeout(destroy, lastWordsMs);
    response.once('close', () => clearTimeout(timer));
    response.write(`data: ${JSON.stringify(openAiError(problem))}\n\n`, destroy);
  }

  private begin(): void {
    if (this.begun) return;
    this.begun = true;
    this.response.writeHead(200, { ...this.headers, ...streamHeaders });
  }

  private keep(bytes: Buffer): void {
    if (this.kept === null) return;
    this.keptBytes += bytes.length;
    if (this.keptBytes > maxKeptBytes) this.kept = null;
    else this.kept.push(bytes);
  }

  private async drained(): Promise<void> {
    const waiting = new AbortController();
    const stop = (): void => waiting.abort();
    const timer = setTimeout(() => this.response.destroy(), this.stallTimeoutMs);
    this.response.once('close', stop);
    try {
      await once(this.response, 'drain', { signal: waiting.signal });
    } catch {
      // The caller is gone; whoever reads the provider hears of it by the same event.
    } finally {
      clearTimeout(timer);
      this.response.off('close', stop);
    }
  }
}
