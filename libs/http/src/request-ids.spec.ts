import { requestIdOf, traceOf } from './request-ids.js';

describe('requestIdOf', () => {
  it('keeps a well formed id', () => {
    expect(requestIdOf('client-12345678')).toBe('client-12345678');
  });

  it.each([undefined, 'short', 'has space 1234', 'x'.repeat(129), 'line\nbreak-123', ['a', 'b'], '4111111111111111', `plk_live_${'a1'.repeat(30)}`])('makes one instead of %j', (header) => {
    expect(requestIdOf(header)).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('traceOf', () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

  it('stays in the trace of the caller with a span of its own', () => {
    const trace = traceOf(`00-${traceId}-00f067aa0ba902b7-01`);
    expect(trace.traceId).toBe(traceId);
    expect(trace.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    expect(trace.traceparent).not.toContain('00f067aa0ba902b7');
  });

  it.each([undefined, 'garbage', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, `ff-${traceId}-00f067aa0ba902b7-01`])('begins one for %j', (header) => {
    expect(traceOf(header).traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(traceOf(header).traceId).not.toBe(traceId);
  });
});
