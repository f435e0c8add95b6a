import { defineEvent, field } from './event-definition.js';

/** Neither the key nor its name: what people call it may be personal. */
export interface ApiKeyV1Payload {
  apiKeyId: string;
  tenantId: string;
  scopes: string[];
}

const apiKey = field.record({ apiKeyId: field.uuid, tenantId: field.uuid, scopes: field.described('Capabilities; `*` is all that the creator has.', { type: 'array', items: field.text(100) }) });

/** What is told of every change of a key. */
const changed = { apiKeyId: field.uuid, tenantId: field.uuid };

export const ApiKeyCreatedV1 = defineEvent<ApiKeyV1Payload>()({
  type: 'api_key.created',
  version: 1,
  topic: 'plinth.identity',
  aggregateType: 'api_key',
  description: 'An API key was made.',
  schema: apiKey,
});

export const ApiKeyRevokedV1 = defineEvent<ApiKeyV1Payload>()({
  type: 'api_key.revoked',
  version: 1,
  topic: 'plinth.identity',
  aggregateType: 'api_key',
  description: 'An API key was revoked: it is refused from now on.',
  schema: apiKey,
});

/** Tells what to read again; names, networks and times are the API's and the audit trail's to tell. */
export interface ApiKeyUpdatedV1Payload {
  apiKeyId: string;
  tenantId: string;
  /** False while the key is paused. */
  active: boolean;
  changed: string[];
}

export const ApiKeyUpdatedV1 = defineEvent<ApiKeyUpdatedV1Payload>()({
  type: 'api_key.updated',
  version: 1,
  topic: 'plinth.identity',
  aggregateType: 'api_key',
  description: 'An API key was changed, paused or taken up again.',
  schema: field.record({
    ...changed,
    active: field.described('False while the key is paused and refused.', { type: 'boolean' }),
    changed: field.described('Names of the fields that changed, never their values.', { type: 'array', items: field.text(100) }),
  }),
});

/** The old key and the one that takes its place. */
export interface ApiKeyRotatedV1Payload {
  apiKeyId: string;
  tenantId: string;
  successorId: string;
  /** Until then both are taken. */
  overlapEndsAt: string;
}

export const ApiKeyRotatedV1 = defineEvent<ApiKeyRotatedV1Payload>()({
  type: 'api_key.rotated',
  version: 1,
  topic: 'plinth.identity',
  aggregateType: 'api_key',
  description: 'An API key was replaced by another one, of which `api_key.created` tells.',
  schema: field.record({
    ...changed,
    successorId: field.described('The key that takes its place.', field.uuid),
    overlapEndsAt: field.described('From then on the old key is refused.', field.dateTime),
  }),
});

/** How many there were, and up to when. */
export interface TenantApiKeysRevokedV1Payload {
  tenantId: string;
  revoked: number;
  revokedAt: string;
}

/** One for however many keys they are: `api_key.revoked` is not told of each. */
export const TenantApiKeysRevokedV1 = defineEvent<TenantApiKeysRevokedV1Payload>()({
  type: 'tenant.api_keys_revoked',
  version: 1,
  topic: 'plinth.tenancy',
  aggregateType: 'tenant',
  description: 'Every API key that the tenant had was revoked at once: all are refused from now on.',
  schema: field.record({
    tenantId: field.uuid,
    revoked: field.described('Keys that were not revoked before.', { type: 'integer', minimum: 0 }),
    revokedAt: field.described('Keys that were made later are not meant.', field.dateTime),
  }),
});
