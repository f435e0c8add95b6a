import { defineEvent, field } from './event-definition.js';

/** Neither the key nor its name: what people call it may be personal. */
export interface ApiKeyV1Payload {
  apiKeyId: string;
  tenantId: string;
  scopes: string[];
}

const apiKey = field.record({ apiKeyId: field.uuid, tenantId: field.uuid, scopes: field.described('Capabilities; `*` is all that the creator has.', { type: 'array', items: field.text(100) }) });

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
