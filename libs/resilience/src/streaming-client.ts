import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { backoffDelayMs, type Problem } from '@plinth/kernel';
import type { Destination } from './destination.js';
import { ClientLeft } from './request-body.js';
import { RetryBudget } from './retry-budget.js';
import { retryAfterMs } from './retry-after.js';
import { asUpstreamProblem, upstreamAnswerInvalid, upstreamFailed, upstreamTimedOut, UpstreamProblem } from './upstream-problem.js';

export interface StreamCall {
  readonly method: 'GET' | 'POST';
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Time to the first byte of the answer's body, further tries and the waits before them included. */
  readonly firstByteTimeoutMs: number;
  /** Longest silence within the answer while it is being read. */
  readonly idleTimeoutMs: number;
  /** Most time for one wait before a further try; a `Retry-After` beyond it is the caller's to see. */
  readonly maxRetryWaitMs: number;
  /** Aborted when nobody wants the answer any more: the call ends at once, in whatever state it is. */
  readonly signal: AbortSignal;
}

/** An answer that has begun. Whoever takes it reads `chunks` to their end or calls `discard`. */
export interface StreamedAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** How many calls it took. */
  readonly tries: number;
  /** The body as it comes, no faster than it is read. Throws a Problem where it is cut, `ClientLeft` after the signal. */
  readonly chunks: AsyncIterable<Buffer>;
  /** The whole body. @throws Problem `upstream_invalid_answer` (502) past the limit, and what `chunks` throws */
  read(maxBytes: number): Promise<Buffer>;
  /** Ends the call, whatever is still to come. */
  discard(): void;
}

const MAX_TRIES = 3;
const BACKOFF = { baseMs: 100, capMs: 1_000 };

/**
 * Calls another system whose answer is read while it is being written. Tries again before the first
 * byte of the answer and never after it: from there on somebody may have seen a part.
 *
 * A repeat must do no harm: a POST through this client is one that asks and changes nothing.
 */
export class StreamingClient {
  private readonly budget = new RetryBudget();

  constructor(private readonly destination: Destination) {}

  /**
   * An answer of any status below 500; a 429 has been tried again where its `Retry-After` allowed.
   *
   * @throws Problem: 502, 503 or 504 when there is no answer or one of 5xx; ClientLeft once the signal is aborted
   */
  async open(call: StreamCall): Promise<StreamedAnswer> {
    const endsAtMs = performance.now() + call.firstByteTimeoutMs;
    this.budget.earn();
    for (let tries = 1; ; tries++) {
      const outcome = await this.tryOnce(call, tries, endsAtMs - performance.now());
      const waitMs = Math.max(backoffDelayMs(tries, BACKOFF), retryAfterMs(outcome.headers));
      const inTime = waitMs <= call.maxRetryWaitMs && performance.now() + waitMs < endsAtMs;
      if (!outcome.transient || tries >= MAX_TRIES || !inTime || !this.budget.spend()) return outcome.settle();
      outcome.drop();
      await delay(waitMs, undefined, { signal: call.signal }).catch(() => {
        throw new ClientLeft();
      });
    }
  }

  private async tryOnce(call: StreamCall, tries: number, remainingMs: number): Promise<Outcome> {
    if (call.signal.aborted) throw new ClientLeft();
    try {
      const answer = await this.destination.run(() => this.begin(call, tries, remainingMs));
      return { transient: answer.status === 429, headers: answer.headers, settle: () => answer, drop: () => answer.discard() };
    } catch (error) {
      // An open breaker is no UpstreamProblem: it was not tried, and will not be for a while.
      if (!(error instanceof UpstreamProblem)) throw error;
      const settle = (): never => {
        throw error;
      };
      // What took too long once has used up the time, and may still be at work over there.
      return { transient: error.code !== 'upstream_timeout', headers: headersOf(error), settle, drop: () => undefined };
    }
  }

  private async begin(call: StreamCall, tries: number, remainingMs: number): Promise<StreamedAnswer> {
    const abort = new AbortController();
    const onLeft = (): void => abort.abort(new ClientLeft());
    const timer = setTimeout(() => abort.abort(upstreamTimedOut()), Math.max(1, remainingMs));
    call.signal.addEventListener('abort', onLeft, { once: true });
    const forget = (): void => call.signal.removeEventListener('abort', onLeft);
    const meaningOf = (error: unknown): unknown => (abort.signal.aborted ? abort.signal.reason : asUpstreamProblem(error));
    try {
      const { statusCode, headers, body } = await this.destination.pool.request({
        method: call.method,
        path: call.path,
        headers: call.headers,
        body: call.body ?? null,
        signal: abort.signal,
        // One timer counts to the first byte of the body; headers alone are no answer yet.
        headersTimeout: 0,
        bodyTimeout: call.idleTimeoutMs,
      });
      // Destroyed with nobody reading it, it tells its error nobody.
      body.on('error', () => undefined);
      if (statusCode >= 500) {
        body.destroy();
        throw upstreamFailed(statusCode, this.destination.name, retryAfterHeader(headers));
      }
      const source = body[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
      const first = await source.next();
      const chunks = chunksOf(first, source, meaningOf, forget);
      const discard = (): void => {
        forget();
        body.destroy();
      };
      return { status: statusCode, headers, tries, chunks, read: (maxBytes) => readAll(chunks, maxBytes), discard };
    } catch (error) {
      forget();
      throw meaningOf(error);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** What one try came to. */
interface Outcome {
  readonly transient: boolean;
  readonly headers: IncomingHttpHeaders;
  /** Makes it the call's result. */
  settle(): StreamedAnswer;
  /** Throws it away, for another try. */
  drop(): void;
}

async function* chunksOf(
  first: IteratorResult<Buffer, undefined>,
  source: AsyncIterator<Buffer, undefined>,
  meaningOf: (error: unknown) => unknown,
  onEnd: () => void,
): AsyncGenerator<Buffer, undefined> {
  try {
    for (let next = first; next.done !== true; next = await source.next()) yield next.value;
    return undefined;
  } catch (error) {
    throw meaningOf(error);
  } finally {
    onEnd();
    // Left early, this ends the call and its connection; at the end it does nothing.
    await source.return?.();
  }
}

async function readAll(chunks: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const read: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > maxBytes) throw upstreamAnswerInvalid(new Error('the answer is too large'));
    read.push(chunk);
  }
  return Buffer.concat(read);
}

function headersOf(problem: Problem): IncomingHttpHeaders {
  // Ours says when the next try makes sense; only the other side's own wish delays a try here.
  return problem.code === 'upstream_failed' ? { ...problem.extra.headers } : {};
}

function retryAfterHeader(headers: IncomingHttpHeaders): string | undefined {
  const waitMs = retryAfterMs(headers);
  return waitMs === 0 ? undefined : String(Math.ceil(waitMs / 1000));
}
