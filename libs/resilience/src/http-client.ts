import { setTimeout as delay } from 'node:timers/promises';
import { backoffDelayMs, Problem } from '@plinth/kernel';
import type { Destination } from './destination.js';
import { retryAfterMs } from './retry-after.js';
import { RetryBudget } from './retry-budget.js';
import { asUpstreamProblem, upstreamAnswerInvalid, upstreamTimedOut, UpstreamProblem } from './upstream-problem.js';

export interface HttpCall {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** The time for everything, retries and the reading of the answer included; default 5 s. */
  readonly timeoutMs?: number;
  /** Most bytes of an answer that are read; default 1 MiB. */
  readonly maxAnswerBytes?: number;
  /** Whether the call may be repeated; by default what its method says (RFC 9110, section 9.2.2). */
  readonly idempotent?: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

const MAX_TRIES = 3;
const BACKOFF = { baseMs: 50, capMs: 500 };
const IDEMPOTENT: readonly string[] = ['GET', 'HEAD', 'PUT', 'DELETE'];
/** Statuses that say "not now": worth another try. */
const TRANSIENT: readonly number[] = [502, 503, 504];

/**
 * Calls another system and reads its whole answer: with a time limit, a size limit, the breaker of
 * the destination, and a few retries where a repeat does no harm. Redirects are not followed.
 */
export class HttpClient {
  private readonly budget = new RetryBudget();

  constructor(private readonly destination: Destination) {}

  /** @throws Problem: 502, 503 or 504 when there is no answer. An answer of any status is returned. */
  async request(call: HttpCall): Promise<HttpAnswer> {
    const endsAtMs = performance.now() + (call.timeoutMs ?? 5_000);
    const repeatable = call.idempotent ?? IDEMPOTENT.includes(call.method ?? 'GET');
    this.budget.earn();
    for (let tried = 1; ; tried++) {
      const outcome = await this.tryOnce(call, endsAtMs - performance.now());
      const last = !repeatable || tried >= MAX_TRIES || !isTransient(outcome);
      const waitMs = Math.max(backoffDelayMs(tried, BACKOFF), retryAfterMs(outcome instanceof Problem ? {} : outcome.headers));
      if (last || performance.now() + waitMs >= endsAtMs || !this.budget.spend()) {
        if (outcome instanceof Problem) throw outcome;
        return outcome;
      }
      await delay(waitMs);
    }
  }

  /**
   * Calls for JSON. The caller validates what it gets.
   *
   * @throws Problem: as `request`, and `upstream_invalid_answer` (502) for any other status than 2xx and for what is no JSON
   */
  async json(call: HttpCall): Promise<unknown> {
    const answer = await this.request({ ...call, headers: { accept: 'application/json', ...call.headers } });
    if (answer.status < 200 || answer.status > 299) throw upstreamAnswerInvalid(new Error(`${this.destination.name} answered ${answer.status}`));
    try {
      return JSON.parse(answer.body.toString('utf8')) as unknown;
    } catch (error) {
      throw upstreamAnswerInvalid(error);
    }
  }

  private async tryOnce(call: HttpCall, remainingMs: number): Promise<HttpAnswer | Problem> {
    try {
      return await this.destination.run(() => this.exchange(call, remainingMs));
    } catch (error) {
      if (error instanceof Problem) return error;
      throw error;
    }
  }

  private async exchange(call: HttpCall, remainingMs: number): Promise<HttpAnswer> {
    const signal = AbortSignal.timeout(Math.max(1, Math.ceil(remainingMs)));
    try {
      const { statusCode, headers, body } = await this.destination.pool.request({
        method: call.method ?? 'GET',
        path: call.path,
        headers: call.headers ?? {},
        body: call.body ?? null,
        signal,
      });
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of body as AsyncIterable<Buffer>) {
        size += chunk.length;
        // Leaving the loop destroys the stream, and with it the connection.
        if (size > (call.maxAnswerBytes ?? 1_048_576)) throw upstreamAnswerInvalid(new Error('the answer is too large'));
        chunks.push(chunk);
      }
      return { status: statusCode, headers, body: Buffer.concat(chunks) };
    } catch (error) {
      throw signal.aborted && !(error instanceof Problem) ? upstreamTimedOut(error) : asUpstreamProblem(error);
    }
  }
}

function isTransient(outcome: HttpAnswer | Problem): boolean {
  return outcome instanceof Problem ? outcome instanceof UpstreamProblem : TRANSIENT.includes(outcome.status);
}
