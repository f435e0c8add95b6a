export { callDurationBoundsMs, callDurationBucketOf, callDurationBuckets } from './analytics/durations.js';
export { createdKinds, createdKindsByEvent, type CreatedKind } from './analytics/created-things.js';
export { featureNames, featureOfRoute, featuresOfTier, type FeatureName } from './analytics/features.js';
export {
  capabilities,
  capabilitiesOf,
  credentialKinds,
  grantsOf,
  isPlatformCapability,
  isTenantCapability,
  madeGrantOf,
  resourceConditions,
  type Capability,
  type CapabilityArea,
  type CapabilityDefinition,
  type CredentialKind,
  type Grant,
  type PlatformCapability,
  type ResourceCondition,
  type TenantCapability,
} from './capabilities.js';
export { CredentialExpiredV1, CredentialExpiringV1, CredentialRejectedV1, CredentialSubmittedV1, CredentialVerifiedV1, CredentialWithdrawnV1, type CredentialV1Payload } from './events/credentials.js';
export { AiUsageRecordedV1, type AiUsageRecordedV1Payload } from './events/ai.js';
export {
  FeatureFlagArchivedV1,
  FeatureFlagCreatedV1,
  FeatureFlagUpdatedV1,
  type FeatureFlagArchivedV1Payload,
  type FeatureFlagCreatedV1Payload,
  type FeatureFlagUpdatedV1Payload,
} from './events/feature-flags.js';
export {
  ApiKeyCreatedV1,
  ApiKeyRevokedV1,
  ApiKeyRotatedV1,
  ApiKeyUpdatedV1,
  TenantApiKeysRevokedV1,
  type ApiKeyRotatedV1Payload,
  type ApiKeyUpdatedV1Payload,
  type ApiKeyV1Payload,
  type TenantApiKeysRevokedV1Payload,
} from './events/api-keys.js';
export { ApiUsageRecordedV1, type ApiUsageRecordedV1Payload, type RouteUsageV1 } from './events/api-usage.js';
export { JobRunFinishedV1, type JobRunFinishedV1Payload } from './events/jobs.js';
export { AuditRecordedV1, platformLogId, type AuditOutcome, type AuditRecordedV1Payload } from './events/audit.js';
export { ConsentGivenV1, ConsentWithdrawnV1, PolicyPublishedV1, type ConsentV1Payload, type PolicyPublishedV1Payload } from './events/consents.js';
export { defineEvent, eventName, field, upcastFrom, type EventDefinition, type JsonSchema, type PayloadOf, type Upcaster } from './events/event-definition.js';
export { eventFlows, type EventFlow } from './events/event-flow.js';
export {
  PasswordChangedV1,
  PasswordResetV1,
  SessionRevokedV1,
  UserEmailChangedV1,
  UserErasedV1,
  UserErasureRequestedV1,
  UserEmailVerifiedV1,
  UserLockedV1,
  UserLoggedInV1,
  UserLoggedOutV1,
  UserRegisteredV1,
  UserSecondFactorDisabledV1,
  UserSecondFactorEnabledV1,
  UserSecondFactorResetV1,
  type SessionRevokedReason,
  type SessionRevokedV1Payload,
  type UserSessionV1Payload,
  type UserV1Payload,
  type UserErasedV1Payload,
  type UserRegisteredV1Payload,
} from './events/identity.js';
export {
  QuotaLimitChangedV1,
  QuotaPeriodEndedV1,
  QuotaResetV1,
  QuotaThresholdReachedV1,
  type QuotaLimitChangedV1Payload,
  type QuotaPeriodEndedV1Payload,
  type QuotaResetV1Payload,
  type QuotaThresholdReachedV1Payload,
} from './events/quotas.js';
export { LegalHoldPlacedV1, LegalHoldReleasedV1, type LegalHoldV1Payload } from './events/legal-holds.js';
export { RetentionPolicyChangedV1, type RetentionPolicyChangedV1Payload } from './events/retention.js';
export { DataExportDownloadedV1, DataExportRequestedV1, type DataExportDownloadedV1Payload, type DataExportRequestedV1Payload } from './events/data-exports.js';
export { EventSchemas, UpcastFailed } from './events/event-schemas.js';
export {
  InvitationAcceptedV1,
  InvitationCreatedV1,
  InvitationRevokedV1,
  MemberAddedV1,
  MemberRemovedV1,
  MemberRolesChangedV1,
  RoleChangedV1,
  RoleCreatedV1,
  RoleDeletedV1,
  type InvitationV1Payload,
  type MemberRemovedV1Payload,
  type MemberV1Payload,
  type RoleV1Payload,
} from './events/members.js';
export {
  OperatorAccessEndedV1,
  OperatorAccessGrantedV1,
  OperatorAccessRefusedV1,
  OperatorAccessRequestedV1,
  operatorAccessEnds,
  operatorAccessRefusals,
  type OperatorAccessEnd,
  type OperatorAccessEndedV1Payload,
  type OperatorAccessGrantedV1Payload,
  type OperatorAccessRefusal,
  type OperatorAccessRefusedV1Payload,
  type OperatorAccessV1Payload,
} from './events/operator-access.js';
export { goldenFaults, type GoldenSample } from './events/golden-samples.js';
export { events, findEvent, registeredEvents } from './events/index.js';
export { dataSchemaOf, schemaDocumentOf } from './events/schema-document.js';
export { shippedFaults } from './events/shipped-events.js';
export {
  TenantActivatedV1,
  TenantCreatedV1,
  TenantDeactivatedV1,
  TenantRestoredV1,
  TenantSuspendedV1,
  TenantTierChangedV1,
  TenantUpdatedV1,
  type TenantCreatedV1Payload,
  type TenantStatusChangedV1Payload,
  type TenantTierChangedV1Payload,
  type TenantUpdatedV1Payload,
} from './events/tenancy.js';
export {
  defaultOperatorAccessPolicy,
  doableByOperators,
  isOpenToOperators,
  openToOperators,
  operatorAccessMinutes,
  operatorAccessPolicies,
  readableByOperators,
  type OperatorAccessPolicy,
} from './operator-access.js';
export { dataMap, dataMapFaults, personalColumns, servicesHolding, type PersonalColumn, type RealTable } from './personal-data/data-map.js';
export { dataKindNames, dataKinds, legalBases, type DataKind, type DataKindDefinition, type Kept, type LegalBasis } from './personal-data/data-kinds.js';
export { type SchemaData, type TableData } from './personal-data/table-data.js';
export { isQuotaMetric, maxQuotaUnits, quotaMetricNames, quotaMetrics, type QuotaCounting, type QuotaMetric, type QuotaMetricDefinition } from './quotas.js';
export { retention } from './retention.js';
export { retentionClasses, retentionClassNames, type RetentionClass, type RetentionClassName } from './retention-classes.js';
export {
  anyInternalRole,
  businessRoles,
  domainRoles,
  engineeringRoles,
  isGrantedByOperatorsOnly,
  platformRoles,
  roleMatches,
  tenantRoles,
  type BusinessRole,
  type EngineeringRole,
  type PlatformRole,
  type Role,
  type TenantRole,
} from './roles.js';
export { rolesOf, schemaOf, services, urlVariableOf, type SchemaRoles, type ServiceDefinition, type ServiceName } from './services.js';
export { consumerGroups, consumerServices, deadLetterTopic, redriveTopicOf, topics, type ConsumerGroup, type TopicDefinition } from './topics.js';
export { tierFeatures, tierNames, tiers, type Tier, type TierDefinition, type TierFeature } from './tiers.js';
