import { topics } from '../topics.js';
import { AuditRecordedV1, platformLogId } from './audit.js';
import { events, findEvent, registeredEvents } from './index.js';

const audit = {
  entryId: '019a0000-0000-7000-8000-000000000001',
  tenantId: platformLogId,
  occurredAt: '2026-01-01T00:00:00.000Z',
  actor: { type: 'user', id: null },
  action: 'tenant.update',
  resource: { type: 'tenant', id: platformLogId },
  outcome: 'success',
  ip: null,
  userAgent: null,
  requestId: null,
  traceId: null,
  reason: null,
  before: { name: 'a' },
  after: null,
  personal: [],
};

describe('the event registry', () => {
  it('holds each type and version once, named <aggregate>.<past tense>, on a declared topic', () => {
    const names = events.map((event) => `${event.type}.v${event.version}`);
    expect(new Set(names).size).toBe(names.length);
    for (const event of events) {
      expect(event.type).toMatch(/^[a-z_]+\.[a-z_]+$/);
      expect(event.version).toBeGreaterThanOrEqual(1);
      expect(topics.map((topic) => topic.name)).toContain(event.topic);
    }
  });

  it('says of each what has happened, and fits the columns of the outbox', () => {
    for (const { type, aggregateType, description } of events) {
      expect(description).toMatch(/^[A-Z].*\.$/);
      expect(type.length).toBeLessThanOrEqual(100);
      expect(aggregateType.length).toBeLessThanOrEqual(50);
    }
  });

  it('accepts a payload that fits and tells where another does not, without its values', () => {
    expect(registeredEvents.violations(AuditRecordedV1, audit)).toEqual([]);
    expect(registeredEvents.violations(AuditRecordedV1, { ...audit, outcome: 'a@b.example' })).toEqual(['/outcome enum']);
    expect(registeredEvents.violations(AuditRecordedV1, { ...audit, extra: 1 })).toEqual(['/ additionalProperties']);
  });

  it('does not know an unregistered version', () => {
    expect(findEvent('audit.recorded', 2)).toBeUndefined();
  });
});
