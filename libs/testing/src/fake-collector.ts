import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as it arrives at a collector. */
export interface CollectedSpan {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Null for one that begins a trace. */
  readonly parentSpanId: string | null;
  /** 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, string | number>>;
}

/** What OTLP sends as JSON (opentelemetry-proto, trace.proto); what is not looked at is left out. */
interface OtlpTraces {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}
interface OtlpSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
  readonly status?: { readonly code?: number };
  readonly attributes?: readonly OtlpAttribute[];
}
interface OtlpAttribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number | string };
}

const statusError = 2;

/** A collector that takes traces by OTLP over HTTP, on a loopback port, and keeps what it got. */
export class FakeCollector {
  readonly spans: CollectedSpan[] = [];
  /** Everything as it came, for what must not be in it. */
  text = '';

  private constructor(private readonly server: Server) {
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void this.take(request, response));
  }

  /** @param port 0 takes a free one */
  static async listen(port = 0): Promise<FakeCollector> {
    const server = createServer();
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new FakeCollector(server);
  }

  /** To listen on again after `stop`, as a collector that comes back. */
  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Base URL, without `/v1/traces`, as `TraceExport.endpoint` wants it. */
  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** In the order in which they arrived, which is that of their ends and not of their begins. */
  ofTrace(traceId: string): CollectedSpan[] {
    return this.spans.filter((span) => span.traceId === traceId);
  }

  /** Cuts open connections: for a client it is an outage. What arrived stays to be read. */
  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  /** For `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.method !== 'POST' || request.url !== '/v1/traces') return void response.writeHead(404).end();
    const text = Buffer.concat(chunks).toString('utf8');
    this.text += text;
    for (const { resource, scopeSpans } of (JSON.parse(text) as OtlpTraces).resourceSpans) {
      const service = String(attributesOf(resource.attributes)['service.name']);
      for (const span of scopeSpans.flatMap(({ spans }) => spans)) this.spans.push(collected(service, span));
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  }
}

function collected(service: string, span: OtlpSpan): CollectedSpan {
  const { name, traceId, spanId, kind } = span;
  return { service, name, traceId, spanId, kind, parentSpanId: span.parentSpanId || null, failed: span.status?.code === statusError, attributes: attributesOf(span.attributes ?? []) };
}

function attributesOf(list: readonly OtlpAttribute[]): Record<string, string | number> {
  return Object.fromEntries(list.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]));
}
