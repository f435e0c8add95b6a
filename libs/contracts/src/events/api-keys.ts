import { defineEvent, field } from './event-definition.js';

/** Neither the key nor its name: what people call it may be personal. */
export interface ApiKeyV1Payload {
  apiKeyId: string;
  tenantId: string;
  scopes: string[];
}

const apiKey = field.record({ apiKeyId: field.uuid, tenantId: field.uuid, scopes: { type: 'array', items: field.text(100) } });

export const ApiKeyCreatedV1 = defineEvent<ApiKeyV1Payload>()({
  type: 'api_key.created',
  version: 1,
  topic: 'plinth.identity',
  aggregateType: 'api_key',
  schema: apiKey,
});

export const ApiKeyRevokedV1 = defineEvent<ApiKeyV1Payload>()({
  type: 'api_key.revoked',
  version: 1,
  topic: 'plinth.identity',
  aggregateType: 'api_key',
  schema: apiKey,
});
