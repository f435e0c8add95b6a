import { eventually, FakeCollector } from '@plinth/testing';
import { continueTrace, formatTraceparent, parseTraceparent } from './traceparent.js';
import { Tracing } from './tracing.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentId = '00f067aa0ba902b7';

async function setup(endpoint: string) {
  const told: string[] = [];
  const tracing = await Tracing.create('sample', { endpoint, onOutage: () => told.push('outage'), onRecovery: () => told.push('recovery') });
  return { tracing, told };
}

describe('Tracing', () => {
  it('sends spans with their service, kind, parent and fields, the last ones when the application ends', async () => {
    await using collector = await FakeCollector.listen();
    const { tracing, told } = await setup(collector.endpoint);
    const outer = tracing.start({ name: 'PATCH', kind: 'server', parent: `00-${traceId}-${parentId}-01`, fields: { method: 'PATCH' } });
    const inner = tracing.start({ name: 'POST other', kind: 'client', parent: outer?.traceparent, fields: { destination: 'other' } });
    inner?.end({ failed: true, fields: { error: 'upstream_timeout' } });
    outer?.end({ name: 'PATCH /v1/things/{id}', fields: { route: '/v1/things/{id}', status: 504 } });
    await tracing.onApplicationShutdown();
    const [second, first] = collector.spans;
    expect(first).toMatchObject({ service: 'sample', name: 'PATCH /v1/things/{id}', traceId, parentSpanId: parentId, kind: 2, failed: false, attributes: { 'http.request.method': 'PATCH', 'http.response.status_code': 504 } });
    expect(second).toMatchObject({ name: 'POST other', traceId, parentSpanId: first?.spanId, kind: 3, failed: true, attributes: { 'peer.service': 'other', 'error.type': 'upstream_timeout' } });
    expect(outer?.traceparent).toBe(`00-${traceId}-${first?.spanId}-01`);
    expect(told).toEqual([]);
  });

  it('begins a trace where there is none, or none that can be read', async () => {
    await using collector = await FakeCollector.listen();
    const { tracing } = await setup(collector.endpoint);
    for (const parent of [null, undefined, 'garbage']) tracing.start({ name: 'sample', kind: 'server', parent })?.end();
    await tracing.onApplicationShutdown();
    expect(collector.spans.map(({ parentSpanId }) => parentSpanId)).toEqual([null, null, null]);
    expect(new Set(collector.spans.map((span) => span.traceId)).size).toBe(3);
  });

  it('records nothing of a trace whose caller does not want it recorded, and passes that on', async () => {
    await using collector = await FakeCollector.listen();
    const { tracing } = await setup(collector.endpoint);
    const unsampled = tracing.start({ name: 'sample', kind: 'server', parent: `00-${traceId}-${parentId}-00` });
    expect(unsampled?.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
    unsampled?.end();
    tracing.start({ name: 'sampled', kind: 'server', parent: null })?.end();
    await tracing.onApplicationShutdown();
    expect(collector.spans.map(({ name }) => name)).toEqual(['sampled']);
  });

  it('drops a field that is not in the table, and one that is not plain', async () => {
    await using collector = await FakeCollector.listen();
    const { tracing } = await setup(collector.endpoint);
    const fields = { route: '/v1/things', email: 'ann@example.org', topic: { email: 'ann@example.org' }, constructor: 'x' } as never;
    tracing.start({ name: 'sample', kind: 'server', parent: null, fields })?.end({ fields });
    await tracing.onApplicationShutdown();
    expect(collector.spans[0]?.attributes).toEqual({ 'http.route': '/v1/things' });
    expect(collector.text).not.toContain('ann@');
  });

  it('tells of a collector that is away once, goes on, and tells when it is back', async () => {
    const gone = await FakeCollector.listen();
    const { port } = gone;
    await gone.stop();
    const { tracing, told } = await setup(`http://127.0.0.1:${port}`);
    const some = () => tracing.start({ name: 'sample', kind: 'server', parent: null })?.end();
    some();
    await eventually(() => expect(told).toEqual(['outage']), { withinMs: 20_000 });
    some();
    await using back = await FakeCollector.listen(port);
    await eventually(() => {
      some();
      expect(told).toEqual(['outage', 'recovery']);
    }, { withinMs: 20_000 });
    expect(back.spans.length).toBeGreaterThan(0);
    await tracing.onApplicationShutdown();
  }, 60_000);

  it('holds up the end of the application for two seconds at most', async () => {
    const { tracing } = await setup('http://127.0.0.1:1');
    tracing.start({ name: 'sample', kind: 'server', parent: null })?.end();
    const began = performance.now();
    await tracing.onApplicationShutdown();
    expect(performance.now() - began).toBeLessThan(4_000);
  });

  it('makes no span without a collector', async () => {
    const { tracing } = await setup('');
    expect(tracing.start({ name: 'sample', kind: 'server', parent: null })).toBeUndefined();
    await tracing.onApplicationShutdown();
  });
});

describe('traceparent', () => {
  it.each([
    '',
    'garbage',
    `00-${'0'.repeat(32)}-${parentId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `ff-${traceId}-${parentId}-01`,
    `00-${traceId.toUpperCase()}-${parentId}-01`,
    `00-${traceId}-${parentId}-01-more`,
  ])('is not read from %j, and a trace begins', (text) => {
    expect(parseTraceparent(text)).toBeUndefined();
    expect(continueTrace(text)).toMatchObject({ flags: 1, traceId: expect.stringMatching(/^[0-9a-f]{32}$/) });
  });

  it('goes on with a span of its own, and with the caller’s flag', () => {
    for (const flags of ['00', '01']) {
      const context = continueTrace(`00-${traceId}-${parentId}-${flags}`);
      expect(formatTraceparent(context)).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-${flags}$`));
      expect(context.spanId).not.toBe(parentId);
    }
  });
});
