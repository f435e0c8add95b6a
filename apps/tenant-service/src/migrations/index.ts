import { schemaOf } from '@plinth/contracts';
import type { Migration } from '@plinth/database';
import { idempotencyMigrations } from '@plinth/idempotency';
import { inboxMigrations } from '@plinth/kafka';
import { outboxMigrations } from '@plinth/outbox';
import { accountsAndTenants } from './0001-accounts-and-tenants.js';
import { keysOperatorsRevocation } from './0002-keys-operators-revocation.js';
import { purgeRevocations } from './0003-purge-revocations.js';
import { refreshTokens } from './0004-refresh-tokens.js';
import { mail } from './0005-mail.js';
import { quotas } from './0007-quotas.js';
import { purgeQuotaGrants } from './0008-purge-quota-grants.js';
import { flags } from './0009-flags.js';
import { tenantLifeCycle } from './0010-tenant-life-cycle.js';
import { membersRolesInvitations } from './0011-members-roles-invitations.js';
import { loginAttempts } from './0013-login-attempts.js';
import { apiKeyRotation } from './0014-api-key-rotation.js';
import { quotaPeriods } from './0015-quota-periods.js';
import { secondFactor } from './0018-second-factor.js';
import { emailChange } from './0019-email-change.js';
import { browserSessions } from './0020-browser-sessions.js';
import { sessionDevicesAndRehash } from './0021-session-devices-and-rehash.js';
import { operatorAccess } from './0022-operator-access.js';
import { credentials } from './0023-credentials.js';
import { policiesAndWithdrawals } from './0024-policies-and-withdrawals.js';
import { legalHoldsAndRetention } from './0025-legal-holds-and-retention.js';
import { dataExports } from './0026-data-exports.js';
import { erasure } from './0027-erasure.js';
import { usageAnalytics } from './0028-usage-analytics.js';
import { erasedSubjects } from './0029-erased-subjects.js';
import { loginAttemptsTakenBack } from './0030-login-attempts-taken-back.js';
import { analyticsOfAllTenants } from './0031-analytics-of-all-tenants.js';

export const schema = schemaOf('tenant-service');

/** In the order of their application; shipped ones never change. */
export const migrations: readonly Migration[] = [
  ...outboxMigrations(schema),
  ...idempotencyMigrations(schema),
  accountsAndTenants,
  keysOperatorsRevocation,
  purgeRevocations,
  refreshTokens,
  mail,
  quotas,
  purgeQuotaGrants,
  flags,
  tenantLifeCycle,
  membersRolesInvitations,
  loginAttempts,
  apiKeyRotation,
  quotaPeriods,
  secondFactor,
  emailChange,
  browserSessions,
  sessionDevicesAndRehash,
  operatorAccess,
  credentials,
  policiesAndWithdrawals,
  legalHoldsAndRetention,
  dataExports,
  erasure,
  // It began to read events late.
  ...inboxMigrations(schema),
  usageAnalytics,
  erasedSubjects,
  loginAttemptsTakenBack,
  analyticsOfAllTenants,
];
