import { randomBytes } from 'node:crypto';
import { testCollectorOffset } from '@plinth/dev-stack';
import { eventually, FakeCollector, type CollectedSpan } from '@plinth/testing';
import { runningStack } from './stack.js';

// Whoever tries to send again waits up to five seconds, on an idle machine.
const arrivesWithinMs = 60_000;
const callersSpan = '00f067aa0ba902b7';

describe('the trace of a write', () => {
  const stack = runningStack();
  // Nobody has listened there so far: everything before ran with its collector away.
  const port = Number(new URL(stack.facts.gatewayUrl).port) + testCollectorOffset;

  it('goes from the gateway to the service, through the outbox to Kafka, and to the audit trail', async () => {
    const owner = await stack.newTenant();
    await using collector = await FakeCollector.listen(port);
    const traceId = randomBytes(16).toString('hex');
    const { status } = await stack.gateway.call('PATCH', `/v1/tenants/${owner.tenantId}`, {
      token: owner.token,
      body: { name: 'Followed' },
      headers: { traceparent: `00-${traceId}-${callersSpan}-01` },
    });
    expect(status).toBe(200);

    const spanOf = (service: string, name: string): CollectedSpan | undefined => collector.ofTrace(traceId).find((span) => span.service === service && span.name === name);
    const below = (parent: CollectedSpan | undefined) => ({ traceId, failed: false, parentSpanId: parent?.spanId ?? 'none' });
    await eventually(() => {
      const request = spanOf('gateway', 'PATCH /v1/tenants/{id}');
      expect(request).toMatchObject({ traceId, kind: 2, parentSpanId: callersSpan, attributes: { 'http.response.status_code': 200 } });
      const call = spanOf('gateway', 'PATCH tenant-service');
      expect(call).toMatchObject({ ...below(request), kind: 3 });
      const change = spanOf('tenant-service', 'PATCH /v1/tenants/:id');
      expect(change).toMatchObject({ ...below(call), kind: 2 });
      expect(spanOf('outbox-relay', 'publish plinth.tenancy')).toMatchObject({ ...below(change), kind: 4 });
      const published = spanOf('outbox-relay', 'publish plinth.audit');
      expect(published).toMatchObject({ ...below(change), kind: 4 });
      expect(spanOf('audit-service', 'process plinth.audit')).toMatchObject({ ...below(published), kind: 5 });
    }, { withinMs: arrivesWithinMs });
    expect(collector.text).not.toMatch(new RegExp(`Followed|${owner.email}|${owner.userId}|${owner.tenantId}`));
    // The trail names the trace, for whoever comes from there.
    await eventually(async () => expect((await stack.auditEntries(owner)).map((entry) => entry.traceId)).toContain(traceId));
  }, 2 * arrivesWithinMs);
});
