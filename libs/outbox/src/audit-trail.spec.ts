import { AuditRecordedV1, platformLogId, type AuditRecordedV1Payload } from '@plinth/contracts';
import type { Tx } from '@plinth/database';
import { AuditTrail, type AuditOrigin } from './audit-trail.js';
import type { NewEvent, Outbox } from './outbox.js';

const origin: AuditOrigin = {
  tenantId: '019a6d3e-5f00-7c1a-9b21-0d4f6a7b8c01',
  principal: { type: 'user', id: '019a6d3e-5f00-7c1a-9b21-0d4f6a7b8c02' },
  requestId: 'request-0001',
  traceId: null,
  traceparent: null,
  clientIp: '203.0.113.7',
  userAgent: 'curl/8.5.0',
};

function recorded(over: Partial<AuditOrigin> = {}, more: { readonly reason?: string } = {}): NewEvent<AuditRecordedV1Payload> {
  const told: NewEvent<AuditRecordedV1Payload>[] = [];
  const append = (_: Tx, definition: unknown, event: NewEvent<AuditRecordedV1Payload>) => {
    expect(definition).toBe(AuditRecordedV1);
    told.push(event);
  };
  const trail = new AuditTrail({ append } as unknown as Outbox, { now: () => new Date('2026-11-22T08:00:00.000Z') });
  trail.record({} as Tx, { ...origin, ...over }, { action: 'tenant.update', resource: { type: 'tenant', id: origin.tenantId }, ...more });
  return told[0] as NewEvent<AuditRecordedV1Payload>;
}

describe('AuditTrail', () => {
  it("writes to the tenant's log, without a lock on it", () => {
    expect(recorded()).toMatchObject({ aggregateId: origin.tenantId, tenantId: origin.tenantId, ordered: false, payload: { outcome: 'success', ip: '203.0.113.7', occurredAt: '2026-11-22T08:00:00.000Z' } });
  });

  it("writes what has no tenant to the platform's log", () => {
    expect(recorded({ tenantId: null })).toMatchObject({ aggregateId: platformLogId, tenantId: null, payload: { tenantId: platformLogId } });
  });

  it('cuts a long user agent without leaving half a character, which could not be stored', () => {
    const { userAgent } = recorded({ userAgent: `${'x'.repeat(1023)}\ud83d\ude00` }).payload;
    expect(userAgent).toBe(`${'x'.repeat(1023)}\ufffd`);
  });

  it('says under which grant an operator acts in a tenant, behind a reason of the act’s own', () => {
    const grantId = '019a6d3e-5f00-7c1a-9b21-0d4f6a7b8c09';
    const principal = { type: 'operator', id: origin.principal.id, access: { grantId, reason: 'Ticket 4711' } };
    expect(recorded({ principal }).payload).toMatchObject({ actor: { type: 'operator', id: origin.principal.id }, reason: `operator access ${grantId}: Ticket 4711` });
    expect(recorded({ principal }, { reason: 'asked by phone' }).payload.reason).toBe(`asked by phone (operator access ${grantId}: Ticket 4711)`);
    expect(recorded({ principal }, { reason: 'x'.repeat(999) }).payload.reason).toHaveLength(1000);
    expect(recorded({}, { reason: 'asked by phone' }).payload.reason).toBe('asked by phone');
  });
});
