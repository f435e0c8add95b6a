export { capabilitiesOf, capabilityGrants, tenantRoles, type Capability, type TenantRole } from './capabilities.js';
export { AuditRecordedV1, platformLogId, type AuditOutcome, type AuditRecordedV1Payload } from './events/audit.js';
export type { EventDefinition, JsonSchema, PayloadOf } from './events/event-definition.js';
export {
  UserLoggedInV1,
  UserRegisteredV1,
  type UserLoggedInV1Payload,
  type UserRegisteredV1Payload,
} from './events/identity.js';
export { EventSchemas, eventName } from './events/event-schemas.js';
export { events, findEvent, registeredEvents } from './events/index.js';
export {
  TenantCreatedV1,
  TenantUpdatedV1,
  type TenantCreatedV1Payload,
  type TenantUpdatedV1Payload,
} from './events/tenancy.js';
export { rolesOf, schemaOf, services, type SchemaRoles, type ServiceDefinition, type ServiceName } from './services.js';
export { deadLetterTopic, topics, type TopicDefinition } from './topics.js';
