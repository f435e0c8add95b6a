import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Destination } from './destination.js';
import { ForwardedExchange, type ForwardOutcome } from './forwarded-exchange.js';
import { endToEndHeaders } from './headers.js';
import { announcesBody, bodyTooLarge, ClientLeft, discardRest, RequestBody } from './request-body.js';
import { failedTry, withRetries, type TryOutcome } from './retries.js';
import { UpstreamProblem } from './upstream-problem.js';

/** What of a request and its answer is passed on, what is set instead, and the limits of both. */
export interface ForwardOptions {
  /** Path and query, as they go onto the wire. */
  readonly path: string;
  /** Of the request that is forwarded (`RequestContext.traceparent`); its span ends with the begin of the answer. */
  readonly traceparent?: string;
  /** Set on the request, instead of what the client says under the same names (lower case). */
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly dropRequestHeader: (name: string) => boolean;
  /** Set on the answer, instead of what the other side says under the same names (lower case). */
  readonly answerHeaders: Readonly<Record<string, string>>;
  readonly dropAnswerHeader: (name: string) => boolean;
  /** Most bytes of the body; one more is a 413. */
  readonly bodyLimitBytes: number;
  /** Time from the last byte of the request to the first of the answer; past it is a 504. */
  readonly firstByteTimeoutMs: number;
  /** Longest silence within the answer, of either side; default 60 s. */
  readonly idleTimeoutMs?: number;
}

/** Set by the HTTP client itself, or answered by our own server (`Expect`). */
const notForwarded: readonly string[] = ['host', 'expect'];
const backoff = { baseMs: 100, capMs: 100 };

/**
 * A streaming reverse proxy to one destination. Bytes pass both ways as they come, never faster
 * than the slower side; who leaves early ends the exchange on the other side too.
 */
export class Forwarder {
  constructor(private readonly destination: Destination) {}

  /**
   * Forwards the request and writes the answer to the response.
   *
   * @throws Problem, with nothing written to the response yet: 408 or 413 for the client's body, 502, 503 or 504 for the other side
   */
  async forward(request: IncomingMessage, response: ServerResponse<IncomingMessage>, options: ForwardOptions): Promise<ForwardOutcome> {
    // A read that never got an answer (a connection that closed under it, a restart) is worth one more try.
    const repeatable = (request.method === 'GET' || request.method === 'HEAD') && !announcesBody(request);
    const rules = { tries: repeatable ? 2 : 1, backoff };
    try {
      return await withRetries(this.destination.guard, rules, () => this.tryOnce(request, response, options));
    } catch (error) {
      if (error instanceof ClientLeft) return { status: undefined, ending: 'client_left' };
      throw error;
    } finally {
      // An answer that did not need the whole body leaves a rest on the connection.
      discardRest(request);
    }
  }

  private async tryOnce(request: IncomingMessage, response: ServerResponse<IncomingMessage>, options: ForwardOptions): Promise<TryOutcome<ForwardOutcome>> {
    try {
      const outcome = await this.exchange(request, response, options);
      return { transient: false, retryAfterMs: 0, settle: () => outcome };
    } catch (error) {
      return failedTry(error, { transient: error instanceof UpstreamProblem && error.transient });
    }
  }

  private async exchange(request: IncomingMessage, response: ServerResponse<IncomingMessage>, options: ForwardOptions): Promise<ForwardOutcome> {
    if (Number(request.headers['content-length'] ?? 0) > options.bodyLimitBytes) throw bodyTooLarge(options.bodyLimitBytes);
    let finished: Promise<ForwardOutcome> | undefined;
    await this.destination.run(async (place) => {
      // Gone already, or while it waited for a place: an exchange that begins now would never hear of it.
      if (response.destroyed) throw new ClientLeft();
      const exchange = await this.begin(request, response, options);
      finished = exchange.finished;
      place.until(finished);
    });
    if (finished === undefined) throw new Error('The breaker let a call through without making it');
    return finished;
  }

  /** @returns the exchange whose answer has begun */
  private async begin(request: IncomingMessage, response: ServerResponse<IncomingMessage>, options: ForwardOptions): Promise<ForwardedExchange> {
    const call = { method: request.method ?? 'GET', traceparent: options.traceparent };
    const { exchange } = await this.destination.traced(call, async (traceHeaders) => {
      const exchange = this.dispatch(request, response, { ...options, requestHeaders: { ...options.requestHeaders, ...traceHeaders } });
      return { exchange, status: await exchange.started };
    });
    return exchange;
  }

  private dispatch(request: IncomingMessage, response: ServerResponse<IncomingMessage>, options: ForwardOptions): ForwardedExchange {
    const { bodyLimitBytes, firstByteTimeoutMs, answerHeaders, dropAnswerHeader, idleTimeoutMs = 60_000 } = options;
    const body = announcesBody(request) ? new RequestBody(request, bodyLimitBytes, () => exchange.noteProgress()) : undefined;
    const exchange: ForwardedExchange = new ForwardedExchange({
      response,
      body,
      firstByteTimeoutMs,
      idleTimeoutMs,
      answerHeaders,
      dropAnswerHeader,
    });
    const headers = endToEndHeaders(request.headers, (name) => notForwarded.includes(name) || name in options.requestHeaders || options.dropRequestHeader(name));
    for (const [name, value] of Object.entries(options.requestHeaders)) headers.push(name, value);
    this.destination.pool.dispatch(
      {
        method: request.method ?? 'GET',
        path: options.path,
        headers,
        body: body ?? null,
        // The exchange has a timer of its own, which knows when the body had been sent.
        headersTimeout: 0,
        bodyTimeout: idleTimeoutMs,
      },
      exchange,
    );
    return exchange;
  }
}
