import { defineEvent, field } from './event-definition.js';

/** A tenant came near its limit, or to it. Told once a period and threshold. */
export interface QuotaThresholdReachedV1Payload {
  tenantId: string;
  metric: string;
  /** Null for what no month makes less. */
  period: string | null;
  /** In percent of the limit. */
  threshold: number;
  limit: number;
  used: number;
}

const units = { type: 'integer', minimum: 0 } as const;
const period = field.described('`YYYY-MM` in the tenant’s time zone, with `.2` and so on after a reset; null for what no month makes less.', field.nullable(field.text(20)));

/** An operator gave a tenant another limit, or its tier's again. The reason stands in the audit trail alone. */
export interface QuotaLimitChangedV1Payload {
  tenantId: string;
  metric: string;
  limit: number;
  previousLimit: number;
}

/** An operator began a period anew. What it was when it ended is told; what is granted of it may come to its end later. */
export interface QuotaResetV1Payload {
  tenantId: string;
  metric: string;
  period: string;
  nextPeriod: string;
  limit: number;
  used: number;
}

/** A period is over, and what was used in it is known but for what a holder corrects later. */
export interface QuotaPeriodEndedV1Payload {
  tenantId: string;
  metric: string;
  period: string;
  limit: number;
  used: number;
  forfeited: number;
  overrun: number;
}

export const QuotaThresholdReachedV1 = defineEvent<QuotaThresholdReachedV1Payload>()({
  type: 'quota.threshold_reached',
  version: 1,
  topic: 'plinth.tenancy',
  aggregateType: 'quota',
  description: 'A tenant has used so much of a quota. Told once a period and threshold.',
  schema: field.record({
    tenantId: field.uuid,
    metric: field.text(100),
    period,
    threshold: field.described('In percent of the limit: 80 or 100.', { type: 'integer', minimum: 1, maximum: 100 }),
    limit: units,
    used: units,
  }),
});

export const QuotaLimitChangedV1 = defineEvent<QuotaLimitChangedV1Payload>()({
  type: 'quota.limit_changed',
  version: 1,
  topic: 'plinth.tenancy',
  aggregateType: 'quota',
  description: 'An operator gave a tenant another limit, or its tier’s again.',
  schema: field.record({ tenantId: field.uuid, metric: field.text(100), limit: units, previousLimit: units }),
});

export const QuotaResetV1 = defineEvent<QuotaResetV1Payload>()({
  type: 'quota.reset',
  version: 1,
  topic: 'plinth.tenancy',
  aggregateType: 'quota',
  description: 'An operator began a period of a quota anew: nothing is used in the next.',
  schema: field.record({ tenantId: field.uuid, metric: field.text(100), period: field.text(20), nextPeriod: field.text(20), limit: units, used: units }),
});

export const QuotaPeriodEndedV1 = defineEvent<QuotaPeriodEndedV1Payload>()({
  type: 'quota.period_ended',
  version: 1,
  topic: 'plinth.tenancy',
  aggregateType: 'quota',
  description: 'A period of a quota is over. Told once, when nothing of it is held any more; not of one that a reset has ended.',
  schema: field.record({
    tenantId: field.uuid,
    metric: field.text(100),
    period: field.text(20),
    limit: units,
    used: units,
    forfeited: field.described('Of `used`: of grants whose holder never told.', units),
    overrun: field.described('Of `used`: beyond the limit.', units),
  }),
});
