/**
 * What an erasure does to every table of this service that holds personal data (`libs/contracts`, the data map): a table that is in none of
 * the lists fails the test, so that whoever adds one decides.
 */

/** Rows of the account's id go, by `tenancy.erase_account`. */
export const erasedTables = ['session', 'used_refresh_token', 'second_factor', 'recovery_code', 'mailed_token', 'consent', 'consent_withdrawal', 'data_export'] as const;

/** Rows of the account's id go with the membership, tenant by tenant. */
export const leftTables = ['membership', 'internal_role', 'membership_role', 'credential'] as const;

/** What stays, and why that is nobody's any more or has an end of its own. */
export const keptTables: Readonly<Record<string, string>> = {
  account: 'the id stays, which others name; everything else in the row goes',
  erasure: 'that it was asked for and done, by an id that names nobody any more',
  invitation: 'those that the account accepted or was sent go; those that it sent name it by the id',
  mail: 'sealed until it is sent, then without an address; gone after 7 days',
  login_attempt: 'keyed hashes that go by themselves',
  revocation: 'ids, for a day',
  operator: 'an operator’s account is not erased',
  operator_access: 'who looked into a tenant, by ids',
  policy_version: 'who published it, by the id',
  tenant: 'the organisation’s own',
  role: 'the organisation’s own',
  retention_policy: 'the organisation’s own; who decided it, by the id',
  api_key: 'the organisation’s own, and no use without the membership of who made it; who did, by the id',
  api_key_use: 'the organisation’s own',
  feature_flag: 'conditions that an operator has written',
  feature_flag_change: 'what operators decided, by ids',
  legal_hold: 'while there is one nothing is erased; afterwards it names the person by the id',
  usage_active_user_day: 'rows stay, so that the counts do, each tenant’s under one random id that is nobody’s',
  quota_change: 'what operators decided, by ids',
  event_outbox: 'gone a day after it was published; the certificate says so',
  outbox_aggregate: 'how many events an id has had',
  idempotency_record: 'encrypted, for a day; the certificate says so',
};
