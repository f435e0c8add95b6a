import { defineEvent, field } from './event-definition.js';

/** An operator's access to a tenant: ids and names of capabilities; the reason is text that people write, and stands in the trail. */
export interface OperatorAccessV1Payload {
  grantId: string;
  tenantId: string;
  operatorId: string;
  capabilities: string[];
}

/** From when on it ends by itself. */
export interface OperatorAccessGrantedV1Payload extends OperatorAccessV1Payload {
  expiresAt: string;
}

/** Why a request came to nothing: a member of the tenant refused it, its policy did, or nobody answered in time. */
export const operatorAccessRefusals = ['tenant', 'policy', 'unanswered', 'withdrawn'] as const;
export type OperatorAccessRefusal = (typeof operatorAccessRefusals)[number];

/** Why an access ended: a member of the tenant ended it, an operator did, its time was over, or the tenant closed itself to operators. */
export const operatorAccessEnds = ['tenant', 'operator', 'expired', 'policy'] as const;
export type OperatorAccessEnd = (typeof operatorAccessEnds)[number];

/** What it was asked for is not to be had. */
export interface OperatorAccessRefusedV1Payload extends OperatorAccessV1Payload {
  cause: OperatorAccessRefusal;
}

/** From now on there is nothing of it. */
export interface OperatorAccessEndedV1Payload extends OperatorAccessV1Payload {
  cause: OperatorAccessEnd;
}

const access = {
  grantId: field.uuid,
  tenantId: field.uuid,
  operatorId: field.uuid,
  capabilities: field.described('What the operator may do in the tenant.', { type: 'array', items: field.text(100) }),
};
const common = { topic: 'plinth.tenancy', aggregateType: 'operator_access' } as const;

export const OperatorAccessRequestedV1 = defineEvent<OperatorAccessV1Payload>()({
  type: 'operator_access.requested',
  version: 1,
  ...common,
  description: 'A platform operator asked for access to a tenant.',
  schema: field.record(access),
});

export const OperatorAccessGrantedV1 = defineEvent<OperatorAccessGrantedV1Payload>()({
  type: 'operator_access.granted',
  version: 1,
  ...common,
  description: 'A platform operator has access to a tenant, until a moment.',
  schema: field.record({ ...access, expiresAt: field.dateTime }),
});

export const OperatorAccessRefusedV1 = defineEvent<OperatorAccessRefusedV1Payload>()({
  type: 'operator_access.refused',
  version: 1,
  ...common,
  description: 'A request of a platform operator came to nothing.',
  schema: field.record({ ...access, cause: { enum: [...operatorAccessRefusals] } }),
});

export const OperatorAccessEndedV1 = defineEvent<OperatorAccessEndedV1Payload>()({
  type: 'operator_access.ended',
  version: 1,
  ...common,
  description: 'A platform operator has no access to a tenant any more.',
  schema: field.record({ ...access, cause: { enum: [...operatorAccessEnds] } }),
});
