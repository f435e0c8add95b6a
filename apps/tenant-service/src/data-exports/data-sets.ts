/** What of a table goes into a file. */
export interface DataSet {
  /** Of the table and the file. */
  readonly table: string;
  readonly columns: readonly string[];
  /** SQL; $1 is the person, or the tenant. */
  readonly where: string;
}

const set = (table: string, columns: string, where: string): DataSet => ({ table, columns: columns.split(' '), where });
const keyColumns = 'id tenant_id created_by name scopes created_at expires_at revoked_at active allowed_addresses replaces rotated_to overlap_ends_at';
const credentialColumns = 'id tenant_id account_id kind issuer issued_on expires_on expires_at status submitted_at decided_at reason warned_at';
const ofKeysMadeBy = 'api_key_id IN (SELECT k.id FROM tenancy.api_key k WHERE k.created_by = $1)';

/** Of a person, read as that person: row-level security shows nobody else's. */
export const personSets: readonly DataSet[] = [
  set('account', 'id email status created_at updated_at email_verified_at', 'id = $1'),
  set('second_factor', 'account_id created_at confirmed_at', 'account_id = $1'),
  set('recovery_code', 'account_id used_at', 'account_id = $1'),
  set('session', 'id account_id created_at expires_at revoked_at refreshed_at second_factor user_agent ip', 'account_id = $1'),
  set('used_refresh_token', 'session_id account_id used_at', 'account_id = $1'),
  set('consent', 'id account_id document document_version given_at ip text_sha256', 'account_id = $1'),
  set('consent_withdrawal', 'consent_id account_id withdrawn_at ip', 'account_id = $1'),
  set('mailed_token', 'purpose account_id email created_at expires_at used_at', 'account_id = $1'),
  set('data_export', 'id tenant_id account_id requested_at status ended_at expires_at', 'account_id = $1 AND tenant_id IS NULL'),
];

/** Of a person in one tenant, read as that tenant: what is of its other persons is not asked for. */
export const personInTenantSets: readonly DataSet[] = [
  set('membership', 'tenant_id account_id role roles created_at', 'account_id = $1'),
  set('internal_role', 'tenant_id account_id role given_at', 'account_id = $1'),
  set('membership_role', 'tenant_id account_id role_id', 'account_id = $1'),
  set('invitation', 'id tenant_id email role roles custom_role_ids created_at expires_at accepted_at accepted_by revoked_at', 'accepted_by = $1'),
  set('credential', credentialColumns, 'account_id = $1'),
  set('api_key', keyColumns, 'created_by = $1'),
  set('api_key_use', 'tenant_id api_key_id last_used_at', ofKeysMadeBy),
  set('usage_active_user_day', 'tenant_id account_id day', 'account_id = $1'),
];

/** Of a tenant, read as that tenant. */
export const tenantSets: readonly DataSet[] = [
  set('tenant', 'id name slug status tier contact_email time_zone settings billing version created_at updated_at', 'id = $1'),
  set('membership', 'tenant_id account_id role roles version created_at', 'tenant_id = $1'),
  set('internal_role', 'tenant_id account_id role given_at', 'tenant_id = $1'),
  set('role', 'id tenant_id name capabilities version created_at updated_at', 'tenant_id = $1'),
  set('membership_role', 'tenant_id account_id role_id', 'tenant_id = $1'),
  set('invitation', 'id tenant_id email role roles custom_role_ids invited_by created_at expires_at accepted_at accepted_by revoked_at', 'tenant_id = $1'),
  set('credential', `${credentialColumns} decided_by version`, 'tenant_id = $1'),
  set('api_key', `${keyColumns} version`, 'tenant_id = $1'),
  set('api_key_use', 'tenant_id api_key_id last_used_at', 'tenant_id = $1'),
  set('usage_created_day', 'tenant_id day kind things', 'tenant_id = $1'),
  set('usage_route_day', 'tenant_id day method route calls by_api_keys refused failed durations', 'tenant_id = $1'),
  set('quota_window', 'id tenant_id metric period starts_at ends_at limit_units settled reserved closed_at', 'tenant_id = $1'),
  set('quota_change', 'sequence tenant_id metric kind limit_units reason at', 'tenant_id = $1'),
  set('legal_hold', 'id tenant_id account_id reason placed_by by_operator placed_at released_at released_by release_reason', 'tenant_id = $1'),
  set('retention_policy', 'tenant_id data_class days version updated_at updated_by', 'tenant_id = $1'),
  set('operator_access', 'id tenant_id operator_id reason capabilities status requested_at decided_at decided_by ended_at ended_by', 'tenant_id = $1'),
  set('data_export', 'id tenant_id account_id requested_at status ended_at expires_at', 'tenant_id = $1'),
];

/** The addresses of members, which stand in the members' accounts: of a tenant, read by a system query. */
export const memberAddressColumns = ['id', 'email'] as const;

/** What other services hold of a tenant or a person, and give for an archive (ADR 0050): columns by `schema.table`, of which a person is shown what is theirs. */
export const setsOfOthers: Readonly<Record<string, readonly string[]>> = {
  'audit.entry': 'occurred_at actor_type actor_id action resource_type resource_id outcome request_id trace_id reason before after personal'.split(' '),
  'ai.usage_record': 'principal_type principal_id provider model provider_model streamed prompt_tokens completion_tokens estimated ending error_code duration_ms request_id occurred_at'.split(' '),
};

const secret = 'A secret, a hash or a seal of one: whoever reads the archive could try it.';
const passing = 'It is on its way for a short time, and what it tells is in the tables that it is about.';
const platform = 'It says what operators of the platform do, who are told of it there.';

/**
 * Personal data that is not in an archive, and why: by `schema.table.column`, or `schema.table` for all of a table. A test holds this and
 * the sets above against the data map: each personal column is in one of them.
 */
export const leftOut: Readonly<Record<string, string>> = {
  'tenancy.account.password_hash': secret,
  'tenancy.account.rehash_proof': secret,
  'tenancy.credential.sealed': 'The number, which its holder has given; whoever verifies it reads it, and nobody else.',
  'tenancy.second_factor.sealed': secret,
  'tenancy.second_factor.used_step': 'The number of a half-minute, which keeps a code from being used twice.',
  'tenancy.recovery_code.code_hash': secret,
  'tenancy.session.refresh_token_hash': secret,
  'tenancy.session.cookie_hash': secret,
  'tenancy.used_refresh_token.token_hash': secret,
  'tenancy.used_refresh_token.successor': secret,
  'tenancy.mailed_token.token_hash': secret,
  'tenancy.invitation.token_hash': secret,
  'tenancy.api_key.key_hash': secret,
  'tenancy.internal_role.given_by': platform,
  'tenancy.quota_change.operator_id': platform,
  'tenancy.operator': platform,
  'tenancy.policy_version': platform,
  'tenancy.feature_flag': platform,
  'tenancy.feature_flag_change': platform,
  'tenancy.tenant.search_words': 'Words of name and slug, which are in the archive.',
  'tenancy.erasure': 'A request to be forgotten, of which whoever made it has the receipt.',
  'tenancy.mail': 'Whom a mail is for is sealed until it is sent, and then gone.',
  'tenancy.login_attempt': 'It is kept under a keyed hash, by which nobody is found.',
  'tenancy.revocation': passing,
  'tenancy.event_outbox': passing,
  'tenancy.outbox_aggregate': passing,
  'tenancy.idempotency_record': 'The answers are sealed under keys that the callers alone have.',
  'tenancy.data_export.due_at': 'How far the making of an archive is.',
  'tenancy.data_export.attempts': 'How far the making of an archive is.',
  'tenancy.data_export.error': 'How far the making of an archive is.',
  'tenancy.data_export.sha256': 'Of an archive that can be had itself.',
  'tenancy.data_export.size_bytes': 'Of an archive that can be had itself.',
  'tenancy.data_export.sealed': 'An archive that can be had itself.',
  'gateway.event_outbox': passing,
  'gateway.outbox_aggregate': passing,
  'audit.event_outbox': passing,
  'audit.outbox_aggregate': passing,
  'audit.idempotency_record': passing,
  'audit.subject_key': secret,
  'audit.subject_erasure': 'Who was erased, by ids: whoever is in it has no account any more.',
  'ai.event_outbox': passing,
  'ai.outbox_aggregate': passing,
  'ai.idempotency_record': passing,
  'relay.event_outbox': passing,
  'relay.outbox_aggregate': passing,
  'relay.idempotency_record': passing,
  'relay.dead_letter': passing,
  'relay.redrive_batch': platform,
  'relay.event_decision': platform,
  'scheduler.event_outbox': passing,
  'scheduler.outbox_aggregate': passing,
  'scheduler.idempotency_record': passing,
};

/** What a person's archive does not hold of what a tenant's does, beside `leftOut`: it would tell of others (GDPR, articles 15(4) and 20(4)), or is not the person's. */
export const leftOutOfPersons: Readonly<Record<string, string>> = {
  'audit.entry.actor_id': 'Who else did something to you, and from where: that is theirs.',
  'audit.entry.before': 'But for what is yours in it: the rest is the organization’s or another’s.',
  'audit.entry.after': 'But for what is yours in it: the rest is the organization’s or another’s.',
  'audit.entry.reason': 'But of your own acts: what others wrote is theirs.',
  'ai.usage_record': 'But for calls in sessions of yours: what was called by an API key is the organization’s, whoever made the key.',
};
