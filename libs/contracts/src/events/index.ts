import { AiUsageRecordedV1 } from './ai.js';
import { ApiKeyCreatedV1, ApiKeyRevokedV1, ApiKeyRotatedV1, ApiKeyUpdatedV1, TenantApiKeysRevokedV1 } from './api-keys.js';
import { ApiUsageRecordedV1 } from './api-usage.js';
import { AuditRecordedV1 } from './audit.js';
import { ConsentGivenV1, ConsentWithdrawnV1, PolicyPublishedV1 } from './consents.js';
import { CredentialExpiredV1, CredentialExpiringV1, CredentialRejectedV1, CredentialSubmittedV1, CredentialVerifiedV1, CredentialWithdrawnV1 } from './credentials.js';
import { DataExportDownloadedV1, DataExportRequestedV1 } from './data-exports.js';
import type { EventDefinition } from './event-definition.js';
import { EventSchemas } from './event-schemas.js';
import { PasswordChangedV1, PasswordResetV1, SessionRevokedV1, UserEmailChangedV1, UserEmailVerifiedV1, UserErasedV1, UserErasureRequestedV1, UserLockedV1, UserLoggedInV1, UserLoggedOutV1, UserRegisteredV1, UserSecondFactorDisabledV1, UserSecondFactorEnabledV1, UserSecondFactorResetV1 } from './identity.js';
import { FeatureFlagArchivedV1, FeatureFlagCreatedV1, FeatureFlagUpdatedV1 } from './feature-flags.js';
import { JobRunFinishedV1 } from './jobs.js';
import { LegalHoldPlacedV1, LegalHoldReleasedV1 } from './legal-holds.js';
import { QuotaLimitChangedV1, QuotaPeriodEndedV1, QuotaResetV1, QuotaThresholdReachedV1 } from './quotas.js';
import {
  InvitationAcceptedV1,
  InvitationCreatedV1,
  InvitationRevokedV1,
  MemberAddedV1,
  MemberRemovedV1,
  MemberRolesChangedV1,
  RoleChangedV1,
  RoleCreatedV1,
  RoleDeletedV1,
} from './members.js';
import { OperatorAccessEndedV1, OperatorAccessGrantedV1, OperatorAccessRefusedV1, OperatorAccessRequestedV1 } from './operator-access.js';
import { RetentionPolicyChangedV1 } from './retention.js';
import { TenantActivatedV1, TenantCreatedV1, TenantDeactivatedV1, TenantRestoredV1, TenantSuspendedV1, TenantTierChangedV1, TenantUpdatedV1 } from './tenancy.js';

/** Every registered event version: what is not here is neither published nor handled. */
export const events: readonly EventDefinition[] = [
  TenantCreatedV1,
  TenantUpdatedV1,
  TenantActivatedV1,
  TenantSuspendedV1,
  TenantRestoredV1,
  TenantDeactivatedV1,
  TenantTierChangedV1,
  MemberAddedV1,
  MemberRolesChangedV1,
  MemberRemovedV1,
  InvitationCreatedV1,
  InvitationAcceptedV1,
  InvitationRevokedV1,
  RoleCreatedV1,
  RoleChangedV1,
  RoleDeletedV1,
  LegalHoldPlacedV1,
  LegalHoldReleasedV1,
  OperatorAccessRequestedV1,
  OperatorAccessGrantedV1,
  OperatorAccessRefusedV1,
  OperatorAccessEndedV1,
  RetentionPolicyChangedV1,
  DataExportRequestedV1,
  DataExportDownloadedV1,
  UserRegisteredV1,
  UserEmailVerifiedV1,
  UserEmailChangedV1,
  UserErasedV1,
  UserErasureRequestedV1,
  UserLockedV1,
  PasswordResetV1,
  PasswordChangedV1,
  UserSecondFactorEnabledV1,
  UserSecondFactorDisabledV1,
  UserSecondFactorResetV1,
  ConsentGivenV1,
  ConsentWithdrawnV1,
  PolicyPublishedV1,
  UserLoggedInV1,
  UserLoggedOutV1,
  SessionRevokedV1,
  CredentialSubmittedV1,
  CredentialVerifiedV1,
  CredentialRejectedV1,
  CredentialWithdrawnV1,
  CredentialExpiringV1,
  CredentialExpiredV1,
  ApiKeyCreatedV1,
  ApiKeyRevokedV1,
  ApiKeyRotatedV1,
  ApiKeyUpdatedV1,
  TenantApiKeysRevokedV1,
  QuotaThresholdReachedV1,
  QuotaLimitChangedV1,
  QuotaResetV1,
  QuotaPeriodEndedV1,
  FeatureFlagCreatedV1,
  FeatureFlagUpdatedV1,
  FeatureFlagArchivedV1,
  AiUsageRecordedV1,
  ApiUsageRecordedV1,
  JobRunFinishedV1,
  AuditRecordedV1,
];

export const registeredEvents = new EventSchemas(events);

/** The definition of a type's version, or undefined where it is not registered. */
export function findEvent(type: string, version: number): EventDefinition | undefined {
  return registeredEvents.find(type, version);
}
