import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Destination, HttpClient, StreamingClient, type StreamedAnswer } from '@plinth/resilience';
import { Metrics, Tracing } from '@plinth/telemetry';
import type { ChatRequest } from '../completions/chat-request.js';
import { AiGatewayConfig } from '../config.js';

const modelsTimeoutMs = 10_000;
const maxModelsBytes = 4 * 1_048_576;

/** The one provider, by OpenAI's wire format: its connections, its breaker, its key. */
@Injectable()
export class Provider implements OnApplicationShutdown {
  /** In usage records and metrics. */
  readonly name = 'openai';
  private readonly basePath: string;
  private readonly destination: Destination;
  private readonly streaming: StreamingClient;
  private readonly client: HttpClient;

  constructor(
    private readonly config: AiGatewayConfig,
    metrics: Metrics,
    tracing: Tracing,
  ) {
    const { origin, pathname } = new URL(config.openaiBaseUrl);
    this.basePath = pathname === '/' ? '' : pathname;
    // A stream holds its connection for its whole length.
    this.destination = new Destination({ name: this.name, url: origin, connections: 1_024, metrics, tracing, sendsTrace: false });
    this.streaming = new StreamingClient(this.destination);
    this.client = new HttpClient(this.destination);
  }

  /** Sends a chat request. Before its first byte a call that fails for the moment is tried again, after it never. @throws as `StreamingClient.open` */
  async complete({ body, stream }: Pick<ChatRequest, 'body' | 'stream'>, traceparent: string, signal: AbortSignal): Promise<StreamedAnswer> {
    return await this.streaming.open({
      method: 'POST',
      path: `${this.basePath}/chat/completions`,
      headers: {
        ...this.credential(),
        'content-type': 'application/json',
        accept: stream ? 'text/event-stream' : 'application/json',
        'content-length': String(body.length),
      },
      body,
      firstByteTimeoutMs: this.config.firstByteTimeoutMs,
      idleTimeoutMs: this.config.idleTimeoutMs,
      maxRetryWaitMs: this.config.maxRetryWaitMs,
      traceparent,
      signal,
    });
  }

  /** The provider's own list, not checked. @throws Problem 502, 503 or 504 */
  async listModels(): Promise<unknown> {
    return await this.client.json({ path: `${this.basePath}/models`, headers: this.credential(), timeoutMs: modelsTimeoutMs, maxAnswerBytes: maxModelsBytes });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.destination.close();
  }

  private credential(): Record<string, string> {
    return this.config.openaiApiKey === '' ? {} : { authorization: `Bearer ${this.config.openaiApiKey}` };
  }
}
