import { Injectable } from '@nestjs/common';
import { InternalIdentityMinter, ServiceCalls } from '@plinth/auth';
import type { HttpAnswer, StreamedAnswer } from '@plinth/resilience';
import { Upstreams } from '../upstreams/upstreams.js';

/** A caller waits for the answer, so an absent service must show soon. */
const TIMEOUT_MS = 1_500;
/** Of a stream with four heartbeats a second. */
const SILENCE_MS = 2_000;
const MAX_ANSWER_BYTES = 65_536;

const limits = { timeoutMs: TIMEOUT_MS, maxAnswerBytes: MAX_ANSWER_BYTES };

/** The gateway's own calls to tenant-service, as itself and not as a caller. */
@Injectable()
export class TenantServiceCalls {
  private readonly calls: ServiceCalls;

  constructor(upstreams: Upstreams, minter: InternalIdentityMinter) {
    this.calls = new ServiceCalls({ audience: 'tenant-service', destination: upstreams.of('tenant-service').destination, minter });
  }

  /** @throws Problem: 502, 503 or 504 where there is no answer; an answer of any status is returned */
  async get(path: string): Promise<HttpAnswer> {
    return await this.calls.request({ path, ...limits });
  }

  /** @throws Problem: 502, 503 or 504 where there is no answer of 2xx in JSON */
  async json(path: string): Promise<unknown> {
    return await this.calls.json({ path, ...limits });
  }

  /** A question by POST, once: whoever asks has an answer for when there is none. @throws Problem as `get` */
  async ask(path: string, question: object): Promise<HttpAnswer> {
    return await this.calls.request({ method: 'POST', path, headers: { 'content-type': 'application/json' }, body: JSON.stringify(question), ...limits });
  }

  /** An answer that is read as it is written, until the signal; a silence of 2 s breaks it. @throws Problem as `get` */
  async follow(path: string, signal: AbortSignal): Promise<StreamedAnswer> {
    return await this.calls.open({ method: 'GET', path, firstByteTimeoutMs: SILENCE_MS, idleTimeoutMs: SILENCE_MS, maxRetryWaitMs: 0, signal });
  }
}
