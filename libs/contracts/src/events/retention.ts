import { defineEvent, field } from './event-definition.js';

/** A tenant chose how long it keeps a class of data. */
export interface RetentionPolicyChangedV1Payload {
  tenantId: string;
  dataClass: string;
  days: number;
}

export const RetentionPolicyChangedV1 = defineEvent<RetentionPolicyChangedV1Payload>()({
  type: 'retention.policy_changed',
  version: 1,
  topic: 'plinth.tenancy',
  aggregateType: 'tenant',
  description: 'A tenant chose how long it keeps a class of data, or went back to the platform’s default.',
  schema: field.record({ tenantId: field.uuid, dataClass: field.text(100), days: field.described('After its end; the default’s too.', { type: 'integer', minimum: 1 }) }),
});
