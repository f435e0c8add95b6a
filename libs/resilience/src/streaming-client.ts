import type { IncomingHttpHeaders } from 'node:http';
import type { Problem } from '@plinth/kernel';
import type { Destination } from './destination.js';
import type { Place } from './guard.js';
import { ClientLeft } from './request-body.js';
import { failedTry, withRetries, type TryOutcome } from './retries.js';
import { retryAfterMs } from './retry-after.js';
import { asUpstreamProblem, upstreamAnswerTooLarge, upstreamFailed, upstreamTimedOut, UpstreamProblem } from './upstream-problem.js';

/** One request whose answer is read as it comes, and how long each part may take. */
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
  /** Of the request that the call is made for (`RequestContext.traceparent`); its span ends with the first byte. */
  readonly traceparent?: string;
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

const maxTries = 3;
const backoff = { baseMs: 100, capMs: 1_000 };

/**
 * Calls another system whose answer is read while it is being written. Tries again before the first
 * byte of the answer and never after it: from there on somebody may have seen a part.
 *
 * A repeat must do no harm: a POST through this client is one that asks and changes nothing.
 */
export class StreamingClient {
  constructor(private readonly destination: Destination) {}

  /**
   * An answer of any status below 500; a 429 has been tried again where its `Retry-After` allowed.
   *
   * @throws Problem: 502, 503 or 504 when there is no answer or one of 5xx; ClientLeft once the signal is aborted
   */
  async open(call: StreamCall): Promise<StreamedAnswer> {
    const endsAtMs = performance.now() + call.firstByteTimeoutMs;
    const rules = { tries: maxTries, backoff, maxWaitMs: call.maxRetryWaitMs, endsAtMs, signal: call.signal };
    try {
      return await withRetries(this.destination.guard, rules, (tries) => this.tryOnce(call, tries, endsAtMs));
    } catch (error) {
      throw call.signal.aborted ? new ClientLeft() : error;
    }
  }

  private async tryOnce(call: StreamCall, tries: number, endsAtMs: number): Promise<TryOutcome<StreamedAnswer>> {
    try {
      const answer = await this.destination.run((place) => this.destination.traced(call, (traceHeaders) => this.begin({ ...call, headers: { ...call.headers, ...traceHeaders } }, tries, endsAtMs, place)), {
        signal: call.signal,
        endsAtMs,
      });
      return { transient: answer.status === 429, retryAfterMs: retryAfterMs(answer.headers), settle: () => answer, drop: () => answer.discard() };
    } catch (error) {
      // An open breaker is no UpstreamProblem: it was not tried, and will not be for a while.
      if (!(error instanceof UpstreamProblem)) throw error;
      return failedTry(error, { transient: error.transient, retryAfterMs: askedWaitMs(error) });
    }
  }

  private async begin(call: StreamCall, tries: number, endsAtMs: number, place: Place): Promise<StreamedAnswer> {
    const abort = new AbortController();
    const onLeft = (): void => abort.abort(new ClientLeft());
    const timer = setTimeout(() => abort.abort(upstreamTimedOut()), Math.max(1, endsAtMs - performance.now()));
    call.signal.addEventListener('abort', onLeft, { once: true });
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    place.until(ended);
    const forget = (): void => {
      call.signal.removeEventListener('abort', onLeft);
      end();
    };
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
    if (size > maxBytes) throw upstreamAnswerTooLarge();
    read.push(chunk);
  }
  return Buffer.concat(read);
}

function askedWaitMs(problem: Problem): number {
  // Ours says when the next try makes sense; only the other side's own wish delays a try here.
  return problem.code === 'upstream_failed' ? retryAfterMs({ ...problem.extra.headers }) : 0;
}

function retryAfterHeader(headers: IncomingHttpHeaders): string | undefined {
  const waitMs = retryAfterMs(headers);
  return waitMs === 0 ? undefined : String(Math.ceil(waitMs / 1000));
}
