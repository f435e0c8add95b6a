import { defineEvent, field } from './event-definition.js';

/** Why, the trail says. */
export interface LegalHoldV1Payload {
  holdId: string;
  tenantId: string | null;
  accountId: string | null;
}

const hold = field.record({
  holdId: field.uuid,
  tenantId: field.described('Null: on a person wherever there is something of them.', field.nullable(field.uuid)),
  accountId: field.described('Null: on the whole tenant.', field.nullable(field.uuid)),
});

export const LegalHoldPlacedV1 = defineEvent<LegalHoldV1Payload>()({
  type: 'legal_hold.placed',
  version: 1,
  topic: 'plinth.tenancy',
  aggregateType: 'legal_hold',
  description: 'Nothing of a tenant, of a person, or of a person within a tenant is deleted from now on.',
  schema: hold,
});

export const LegalHoldReleasedV1 = defineEvent<LegalHoldV1Payload>()({
  type: 'legal_hold.released',
  version: 1,
  topic: 'plinth.tenancy',
  aggregateType: 'legal_hold',
  description: 'A hold holds nothing any more; others on the same may.',
  schema: hold,
});
