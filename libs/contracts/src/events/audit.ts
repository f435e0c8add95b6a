import { defineEvent, field } from './event-definition.js';

/** The log of what belongs to no tenant (contract: "Values that outside checks look for"). */
export const platformLogId = '00000000-0000-7000-8000-000000000001';

export type AuditOutcome = 'success' | 'failure' | 'denied';

/** Who did what to what, from where, with what effect. The aggregate is the tenant's log. */
export interface AuditRecordedV1Payload {
  entryId: string;
  tenantId: string;
  occurredAt: string;
  actor: { type: string; id: string | null };
  action: string;
  resource: { type: string; id: string | null };
  outcome: AuditOutcome;
  ip: string | null;
  userAgent: string | null;
  requestId: string | null;
  traceId: string | null;
  reason: string | null;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  /** RFC 6901 pointers to further personal fields, e.g. `/after/email`; `/ip` and `/userAgent` always are. */
  personal: string[];
}

const anyObject = { type: 'object' } as const;

export const AuditRecordedV1 = defineEvent<AuditRecordedV1Payload>()({
  type: 'audit.recorded',
  version: 1,
  topic: 'plinth.audit',
  aggregateType: 'audit_log',
  description: 'Someone did something, or was refused: an entry for the audit trail.',
  schema: field.record({
    entryId: field.uuid,
    tenantId: field.described('The tenant, or the log of what belongs to none.', field.uuid),
    occurredAt: field.dateTime,
    actor: field.record({ type: field.text(40), id: field.nullable(field.text(100)) }),
    action: field.described('The capability or the act, e.g. `tenant.update`.', field.text(100)),
    resource: field.record({ type: field.text(100), id: field.nullable(field.text(200)) }),
    outcome: { enum: ['success', 'failure', 'denied'] },
    ip: field.nullable(field.text(64)),
    userAgent: field.nullable(field.text(1024)),
    requestId: field.nullable(field.text(128)),
    traceId: field.nullable(field.text(64)),
    reason: field.nullable(field.text(1000)),
    before: field.described('The resource as it was.', field.nullable(anyObject)),
    after: field.described('The resource as it is now.', field.nullable(anyObject)),
    personal: field.described('RFC 6901 pointers to further personal fields; `/ip` and `/userAgent` always are.', { type: 'array', items: field.text(300) }),
  }),
});
