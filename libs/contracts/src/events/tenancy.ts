import { defineEvent, field } from './event-definition.js';

/** The tenant as it was made; what changes later is told by other events. */
export interface TenantCreatedV1Payload {
  tenantId: string;
  name: string;
  slug: string;
  status: string;
  tier: string;
  ownerId: string;
}

export const TenantCreatedV1 = defineEvent<TenantCreatedV1Payload>()({
  type: 'tenant.created',
  version: 1,
  topic: 'plinth.tenancy',
  aggregateType: 'tenant',
  description: 'A tenant was made.',
  schema: field.record({
    tenantId: field.uuid,
    name: field.text(200),
    slug: field.text(80),
    status: field.text(20),
    tier: field.text(20),
    ownerId: field.described('The account of the first owner.', field.uuid),
  }),
});

/** Tells what to read again. */
export interface TenantUpdatedV1Payload {
  tenantId: string;
  /** Names of the fields that changed; their values are the audit trail's and the API's to tell. */
  changed: string[];
}

export const TenantUpdatedV1 = defineEvent<TenantUpdatedV1Payload>()({
  type: 'tenant.updated',
  version: 1,
  topic: 'plinth.tenancy',
  aggregateType: 'tenant',
  description: "A tenant's own data were changed.",
  schema: field.record({ tenantId: field.uuid, changed: field.described('Names of the fields that changed, never their values.', { type: 'array', items: field.text(100) }) }),
});

/** The reason stands in the audit trail alone: it is text that people write. */
export interface TenantStatusChangedV1Payload {
  tenantId: string;
}

export const TenantActivatedV1 = defineEvent<TenantStatusChangedV1Payload>()({
  type: 'tenant.activated',
  version: 1,
  topic: 'plinth.tenancy',
  aggregateType: 'tenant',
  description: 'A tenant that was pending is in use from now on.',
  schema: field.record({ tenantId: field.uuid }),
});

export const TenantSuspendedV1 = defineEvent<TenantStatusChangedV1Payload>()({
  type: 'tenant.suspended',
  version: 1,
  topic: 'plinth.tenancy',
  aggregateType: 'tenant',
  description: 'An operator suspended a tenant: its calls are refused.',
  schema: field.record({ tenantId: field.uuid }),
});

export const TenantRestoredV1 = defineEvent<TenantStatusChangedV1Payload>()({
  type: 'tenant.restored',
  version: 1,
  topic: 'plinth.tenancy',
  aggregateType: 'tenant',
  description: 'An operator ended the suspension of a tenant.',
  schema: field.record({ tenantId: field.uuid }),
});

export const TenantDeactivatedV1 = defineEvent<TenantStatusChangedV1Payload>()({
  type: 'tenant.deactivated',
  version: 1,
  topic: 'plinth.tenancy',
  aggregateType: 'tenant',
  description: 'A tenant was given up by its owner, or by an operator: its calls are refused for good.',
  schema: field.record({ tenantId: field.uuid }),
});

/** What the tenant may use from now on follows from its tier. */
export interface TenantTierChangedV1Payload {
  tenantId: string;
  tier: string;
  previousTier: string;
}

export const TenantTierChangedV1 = defineEvent<TenantTierChangedV1Payload>()({
  type: 'tenant.tier_changed',
  version: 1,
  topic: 'plinth.tenancy',
  aggregateType: 'tenant',
  description: 'An operator gave a tenant another tier.',
  schema: field.record({ tenantId: field.uuid, tier: field.text(20), previousTier: field.text(20) }),
});
