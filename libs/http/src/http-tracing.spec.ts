import { Controller, Get, Module, Param } from '@nestjs/common';
import { Problem } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { TelemetryModule } from '@plinth/telemetry';
import { FakeCollector } from '@plinth/testing';
import { createHttpApp } from './create-http-app.js';
import { Ctx, RequestContext } from './request-context.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;

@Controller()
class SampleController {
  @Get('things/:id')
  one(@Ctx() ctx: RequestContext, @Param('id') id: string) {
    if (id === 'broken') throw new Error('defect of ann@example.org');
    if (id === 'absent') throw new Problem('thing_not_found', 'not_found', 'There is no such thing.');
    return { traceparent: ctx.traceparent, traceId: ctx.traceId };
  }

  @Get('health/ready')
  ready() {
    return {};
  }
}

async function setup(endpoint: string) {
  const traces = { endpoint, onOutage: () => undefined, onRecovery: () => undefined };
  @Module({ imports: [TelemetryModule.forRoot('sample', traces)], controllers: [SampleController] })
  class SampleModule {}
  const app = await createHttpApp(SampleModule, { logger: Logger.create({ service: 'test', level: 'silent', format: 'json' }) });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return {
    get: async (url: string, headers: Record<string, string> = {}) => (await app.inject({ method: 'GET', url, headers })).json<{ traceparent: string; traceId: string }>(),
    close: () => app.close(),
  };
}

describe('the traces of HTTP', () => {
  it('go on with a span for each request, by its route’s template, below the caller’s', async () => {
    await using collector = await FakeCollector.listen();
    const app = await setup(collector.endpoint);
    const answer = await app.get('/things/ann@example.org?token=secret', { traceparent, 'x-request-id': 'request-1234' });
    await app.close();
    const [span] = collector.spans;
    expect(span).toMatchObject({ service: 'sample', name: 'GET /things/:id', kind: 2, traceId, parentSpanId: '00f067aa0ba902b7', failed: false });
    expect(span?.attributes).toEqual({ 'http.request.method': 'GET', 'http.route': '/things/:id', 'http.response.status_code': 200, 'plinth.request.id': 'request-1234' });
    // What the request causes stands below it.
    expect(answer).toEqual({ traceId, traceparent: `00-${traceId}-${span?.spanId}-01` });
    expect(collector.text).not.toMatch(/ann@|secret/);
  });

  it('tell a 5xx as failed and a 4xx as an answer, and nothing of the error', async () => {
    await using collector = await FakeCollector.listen();
    const app = await setup(collector.endpoint);
    for (const path of ['/things/broken', '/things/absent', '/nowhere']) await app.get(path);
    await app.close();
    expect(collector.spans.map(({ name, failed, attributes }) => [name, failed, attributes['http.response.status_code']])).toEqual([
      ['GET /things/:id', true, 500],
      ['GET /things/:id', false, 404],
      ['GET unknown', false, 404],
    ]);
    expect(collector.text).not.toContain('ann@');
  });

  it('leave probes out, and what its caller does not want recorded', async () => {
    await using collector = await FakeCollector.listen();
    const app = await setup(collector.endpoint);
    await app.get('/health/ready');
    const answer = await app.get('/things/1', { traceparent: traceparent.replace(/01$/, '00') });
    await app.close();
    expect(collector.spans).toEqual([]);
    expect(answer.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
  });

  it('are carried on without a collector', async () => {
    const app = await setup('');
    expect((await app.get('/things/1', { traceparent })).traceId).toBe(traceId);
    expect((await app.get('/things/1')).traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    await app.close();
  });
});
