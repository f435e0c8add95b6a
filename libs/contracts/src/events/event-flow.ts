import type { ServiceName } from '../services.js';
import type { ConsumerGroup } from '../topics.js';

/** Who tells an event, and which consumer groups handle it. */
export interface EventFlow {
  readonly producers: readonly ServiceName[];
  readonly consumers: readonly ConsumerGroup[];
}

const fromTenantService: EventFlow = { producers: ['tenant-service'], consumers: [] };
/** Something new, which tenant-service's analytics counts. */
const countedByTenantService: EventFlow = { producers: ['tenant-service'], consumers: ['tenant-service'] };

/**
 * By event type, all versions of it. For the generated documents; a test of tools/generators holds it against what the
 * services' code appends and handles.
 */
export const eventFlows: Readonly<Record<string, EventFlow>> = {
  'tenant.created': countedByTenantService,
  'tenant.updated': fromTenantService,
  'tenant.activated': fromTenantService,
  'tenant.suspended': fromTenantService,
  'tenant.restored': fromTenantService,
  'tenant.deactivated': fromTenantService,
  'tenant.tier_changed': fromTenantService,
  'member.added': countedByTenantService,
  'member.roles_changed': fromTenantService,
  'member.removed': fromTenantService,
  'invitation.created': countedByTenantService,
  'invitation.accepted': fromTenantService,
  'invitation.revoked': fromTenantService,
  'role.created': countedByTenantService,
  'role.changed': fromTenantService,
  'role.deleted': fromTenantService,
  'legal_hold.placed': countedByTenantService,
  'legal_hold.released': fromTenantService,
  'operator_access.requested': fromTenantService,
  'operator_access.granted': fromTenantService,
  'operator_access.refused': fromTenantService,
  'operator_access.ended': fromTenantService,
  'retention.policy_changed': fromTenantService,
  'data_export.requested': countedByTenantService,
  'data_export.downloaded': fromTenantService,
  'user.registered': countedByTenantService,
  'user.email_verified': fromTenantService,
  'user.locked': fromTenantService,
  'password.reset': fromTenantService,
  'password.changed': fromTenantService,
  'user.email_changed': fromTenantService,
  'user.second_factor_enabled': fromTenantService,
  'user.second_factor_disabled': fromTenantService,
  'consent.given': fromTenantService,
  'consent.withdrawn': fromTenantService,
  'policy.published': fromTenantService,
  'user.second_factor_reset': fromTenantService,
  'user.erasure_requested': fromTenantService,
  'user.erased': { producers: ['tenant-service'], consumers: ['audit-service'] },
  'user.logged_in': fromTenantService,
  'user.logged_out': fromTenantService,
  'session.revoked': fromTenantService,
  'credential.submitted': countedByTenantService,
  'credential.verified': fromTenantService,
  'credential.rejected': fromTenantService,
  'credential.withdrawn': fromTenantService,
  'credential.expiring': fromTenantService,
  'credential.expired': fromTenantService,
  'api_key.created': countedByTenantService,
  'api_key.revoked': fromTenantService,
  'api_key.rotated': fromTenantService,
  'api_key.updated': fromTenantService,
  'tenant.api_keys_revoked': fromTenantService,
  'quota.threshold_reached': fromTenantService,
  'quota.limit_changed': fromTenantService,
  'quota.reset': fromTenantService,
  'quota.period_ended': fromTenantService,
  'feature_flag.created': fromTenantService,
  'feature_flag.updated': fromTenantService,
  'feature_flag.archived': fromTenantService,
  'ai_usage.recorded': { producers: ['ai-gateway'], consumers: ['tenant-service'] },
  'api_usage.recorded': { producers: ['gateway'], consumers: ['tenant-service'] },
  'job_run.finished': { producers: ['scheduler'], consumers: [] },
  'audit.recorded': { producers: ['gateway', 'tenant-service', 'audit-service', 'ai-gateway', 'outbox-relay', 'scheduler'], consumers: ['audit-service'] },
};
