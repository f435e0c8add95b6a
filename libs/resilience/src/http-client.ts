import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from '@plinth/kernel';
import { readBody } from './answer-body.js';
import type { Destination } from './destination.js';
import { failedTry, withRetries, type TryOutcome } from './retries.js';
import { retryAfterMs } from './retry-after.js';
import { asUpstreamProblem, upstreamAnswerInvalid, upstreamAnswerTooLarge, upstreamTimedOut, UpstreamProblem } from './upstream-problem.js';

/** One request, and how far it may go. */
export interface HttpCall {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** The time for everything, retries and the reading of the answer included; default 5 s. */
  readonly timeoutMs?: number;
  /** Most bytes of an answer that are read, on the wire and decoded; default 1 MiB. */
  readonly maxAnswerBytes?: number;
  /** What becomes of a larger one: a failure (the default), or its first bytes, as `cut`. */
  readonly largerAnswer?: 'fail' | 'cut';
  /** Of the request that the call is made for (`RequestContext.traceparent`); sent on. */
  readonly traceparent?: string;
  /** Whether the call may be repeated; by default what its method says (RFC 9110, section 9.2.2). */
  readonly idempotent?: boolean;
}

/** An answer of any status, read to its end or to the cap. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Without content coding. */
  readonly body: Buffer;
  /** Whether the body was longer than the cap. */
  readonly cut: boolean;
}

const maxTries = 3;
const backoff = { baseMs: 50, capMs: 500 };
const idempotentMethods: readonly string[] = ['GET', 'HEAD', 'PUT', 'DELETE'];
/** Statuses that say "not now": worth another try. */
const transientStatuses: readonly number[] = [502, 503, 504];
/** Statuses without a body, whatever the headers say of it (RFC 9110, section 6.4.1). */
const bodiless: readonly number[] = [204, 205, 304];

/**
 * Calls another system and reads its whole answer: with a time limit, a size limit, the guard of the
 * destination, and a few retries where a repeat does no harm. Redirects are not followed: a 3xx is an answer.
 */
export class HttpClient {
  constructor(private readonly destination: Destination) {}

  /** @throws Problem: 502, 503 or 504 when there is no answer. An answer of any status is returned. */
  async request(call: HttpCall): Promise<HttpAnswer> {
    const endsAtMs = performance.now() + (call.timeoutMs ?? 5_000);
    const tries = (call.idempotent ?? idempotentMethods.includes(call.method ?? 'GET')) ? maxTries : 1;
    return await withRetries(this.destination.guard, { tries, backoff, endsAtMs }, () => this.tryOnce(call, endsAtMs));
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

  private async tryOnce(call: HttpCall, endsAtMs: number): Promise<TryOutcome<HttpAnswer>> {
    try {
      const answer = await this.destination.run(() => this.exchange(call, endsAtMs), { endsAtMs });
      return { transient: transientStatuses.includes(answer.status), retryAfterMs: retryAfterMs(answer.headers), settle: () => answer };
    } catch (error) {
      return failedTry(error, { transient: error instanceof UpstreamProblem && error.transient });
    }
  }

  private async exchange(call: HttpCall, endsAtMs: number): Promise<HttpAnswer> {
    const { method = 'GET', path, headers, body: payload = null, traceparent, maxAnswerBytes = 1_048_576, largerAnswer = 'fail' } = call;
    const signal = AbortSignal.timeout(Math.max(1, Math.ceil(endsAtMs - performance.now())));
    return await this.destination.traced({ method, traceparent }, async (traceHeaders) => {
      try {
        const sent = { method, path, headers: { ...headers, ...traceHeaders }, body: payload, signal };
        const { statusCode: status, headers: answered, body } = await this.destination.pool.request(sent);
        const coded: IncomingHttpHeaders = method === 'HEAD' || bodiless.includes(status) ? {} : answered;
        const { bytes, cut } = await readBody(body, coded, maxAnswerBytes);
        if (cut && largerAnswer === 'fail') throw upstreamAnswerTooLarge();
        return { status, headers: answered, body: bytes, cut };
      } catch (error) {
        throw signal.aborted && !(error instanceof Problem) ? upstreamTimedOut(error) : asUpstreamProblem(error);
      }
    });
  }
}
