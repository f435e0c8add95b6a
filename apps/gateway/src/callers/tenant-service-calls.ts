import { Injectable } from '@nestjs/common';
import { InternalIdentityMinter } from '@plinth/auth';
import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { StreamingClient, type HttpAnswer, type HttpClient, type StreamedAnswer } from '@plinth/resilience';
import { Upstreams } from '../upstreams/upstreams.js';

const SELF: Principal = { type: 'service', id: 'gateway', tenantId: null, roles: [] };
/** A caller waits for the answer, so an absent service must show soon. */
const TIMEOUT_MS = 1_500;
/** Of a stream with four heartbeats a second. */
const SILENCE_MS = 2_000;
const MAX_ANSWER_BYTES = 65_536;

/** The gateway's own calls to tenant-service, as itself and not as a caller. */
@Injectable()
export class TenantServiceCalls {
  private readonly client: HttpClient;
  private readonly streams: StreamingClient;

  constructor(
    upstreams: Upstreams,
    private readonly minter: InternalIdentityMinter,
  ) {
    const { client, destination } = upstreams.of('tenant-service');
    this.client = client;
    this.streams = new StreamingClient(destination);
  }

  /** @throws Problem: 502, 503 or 504 where there is no answer; an answer of any status is returned */
  async get(path: string): Promise<HttpAnswer> {
    return await this.client.request({ path, headers: await this.headers('GET', path), timeoutMs: TIMEOUT_MS, maxAnswerBytes: MAX_ANSWER_BYTES });
  }

  /** @throws Problem: 502, 503 or 504 where there is no answer of 2xx in JSON */
  async json(path: string): Promise<unknown> {
    return await this.client.json({ path, headers: await this.headers('GET', path), timeoutMs: TIMEOUT_MS, maxAnswerBytes: MAX_ANSWER_BYTES });
  }

  /** A question by POST, once: whoever asks has an answer for when there is none. @throws Problem as `get` */
  async ask(path: string, question: object): Promise<HttpAnswer> {
    const headers = { ...(await this.headers('POST', path)), 'content-type': 'application/json' };
    const body = JSON.stringify(question);
    return await this.client.request({ method: 'POST', path, headers, body, timeoutMs: TIMEOUT_MS, maxAnswerBytes: MAX_ANSWER_BYTES });
  }

  /** An answer that is read as it is written, until the signal; a silence of 2 s breaks it. @throws Problem as `get` */
  async follow(path: string, signal: AbortSignal): Promise<StreamedAnswer> {
    const headers = await this.headers('GET', path);
    return await this.streams.open({ method: 'GET', path, headers, firstByteTimeoutMs: SILENCE_MS, idleTimeoutMs: SILENCE_MS, maxRetryWaitMs: 0, signal });
  }

  private async headers(method: string, path: string): Promise<Record<string, string>> {
    const call = { method, path, requestId: newId(), clientIp: null, userAgent: null };
    return { ...(await this.minter.headersFor({ ...call, audience: 'tenant-service', principal: SELF })) };
  }
}
