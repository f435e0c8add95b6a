import type { IncomingMessage, RequestListener } from 'node:http';
import { Tracing } from '@plinth/telemetry';
import { FakeCollector } from '@plinth/testing';
import { Destination, type DestinationOptions } from './destination.js';
import { HttpClient } from './http-client.js';
import { OutsideCall } from './outside-call.js';
import { StreamingClient } from './streaming-client.js';
import { TenantTargets } from './tenant-targets.js';
import { answerOf, LocalServer, startProxy } from './testing.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
const limits = { firstByteTimeoutMs: 5_000, idleTimeoutMs: 5_000, maxRetryWaitMs: 0 };

/** A server that keeps what it was sent, a destination that records, and the spans that came of it. */
async function setup(listener: RequestListener, over: Partial<DestinationOptions> = {}) {
  const collector = await FakeCollector.listen();
  const received: IncomingMessage['headers'][] = [];
  const server = await LocalServer.listen((request, response) => {
    received.push(request.headers);
    listener(request, response);
  });
  const tracing = await Tracing.create('caller', { endpoint: collector.endpoint, onOutage: () => undefined, onRecovery: () => undefined });
  const destination = new Destination({ name: 'other', url: server.url, tracing, ...over });
  return {
    server,
    tracing,
    destination,
    client: new HttpClient(destination),
    received,
    async spans() {
      await tracing.onApplicationShutdown();
      return collector.spans;
    },
    [Symbol.asyncDispose]: async () => {
      await destination.close();
      await server.stop();
      await collector.stop();
    },
  };
}

describe('a call within a trace', () => {
  it('is a span by the destination’s name, which the other side stands below; each try is one', async () => {
    await using test = await setup((_, response) => response.writeHead(test.received.length < 2 ? 503 : 200).end('{}'));
    await test.client.json({ path: '/v1/things/secret-id?q=secret', traceparent });
    const spans = await test.spans();
    expect(spans).toMatchObject([
      { name: 'GET other', kind: 3, traceId, parentSpanId: '00f067aa0ba902b7', failed: true, attributes: { 'peer.service': 'other', 'http.response.status_code': 503 } },
      { name: 'GET other', failed: false, attributes: { 'http.response.status_code': 200 } },
    ]);
    expect(test.received.map((headers) => headers['traceparent'])).toEqual(spans.map(({ spanId }) => `00-${traceId}-${spanId}-01`));
    expect(JSON.stringify(spans)).not.toContain('secret');
  });

  it('tells how it failed', async () => {
    await using test = await setup((_, response) => response.socket?.resetAndDestroy());
    await expect(test.client.request({ method: 'POST', path: '/', traceparent })).rejects.toMatchObject({ status: 502 });
    expect(await test.spans()).toMatchObject([{ name: 'POST other', failed: true, attributes: { 'error.type': 'upstream_invalid_answer' } }]);
  });

  it('is none outside of a trace, for a poll would begin one each time', async () => {
    await using test = await setup((_, response) => response.end());
    await test.client.request({ path: '/' });
    expect([await test.spans(), test.received[0]?.['traceparent']]).toEqual([[], undefined]);
  });

  it('passes the trace on as it is where spans are not recorded', async () => {
    await using test = await setup((_, response) => response.end(), { tracing: new Tracing() });
    await test.client.request({ path: '/', traceparent });
    expect(test.received[0]?.['traceparent']).toBe(traceparent);
  });

  it('is a span of a streamed answer and of a forwarded request, too', async () => {
    await using test = await setup((_, response) => response.end('well'));
    const answer = await new StreamingClient(test.destination).open({ method: 'POST', path: '/', headers: {}, traceparent, signal: new AbortController().signal, ...limits });
    await answer.read(100);
    await using proxy = await startProxy((request, response) => {
      test.received.push(request.headers);
      response.end();
    }, { traceparent }, undefined, { tracing: test.tracing });
    const sent = proxy.send('GET', { traceparent: '00-11111111111111111111111111111111-1111111111111111-01' });
    sent.end();
    expect((await answerOf(sent)).status).toBe(200);
    const spans = await test.spans();
    expect(spans.map(({ name, parentSpanId }) => [name, parentSpanId])).toEqual([['POST other', '00f067aa0ba902b7'], ['GET upstream', '00f067aa0ba902b7']]);
    expect(test.received.map((headers) => headers['traceparent'])).toEqual(spans.map(({ spanId }) => `00-${traceId}-${spanId}-01`));
  });

  it('is recorded and not told to a system that is not ours', async () => {
    await using test = await setup((_, response) => response.end(), { sendsTrace: false });
    await test.client.request({ path: '/', traceparent });
    const targets = new TenantTargets({ name: 'webhooks', protocols: ['http:'], ports: [test.server.port], allowedNetworks: ['127.0.0.1/32'], tracing: test.tracing });
    await targets.request({ tenantId: 'one', url: `${test.server.url}/in`, method: 'POST', traceparent });
    await targets.close();
    expect(test.received.map((headers) => headers['traceparent'])).toEqual([undefined, undefined]);
    expect((await test.spans()).map(({ name }) => name)).toEqual(['GET other', 'POST webhooks']);
  });

  it('is a span of what is not HTTP', async () => {
    await using test = await setup((_, response) => response.end());
    const outside = new OutsideCall({ name: 'smtp', isAnswer: () => false, timeoutMs: 1_000, tracing: test.tracing });
    await outside.run(async () => 'sent', { traceparent });
    await outside.close();
    expect(await test.spans()).toMatchObject([{ name: 'smtp', kind: 3, traceId, parentSpanId: '00f067aa0ba902b7', failed: false }]);
  });
});
