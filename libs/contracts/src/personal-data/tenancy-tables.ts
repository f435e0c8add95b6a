import { columns, type SchemaData } from './table-data.js';

export const tenancyTables: SchemaData = {
  account: { personal: { account: columns('id email password_hash rehash_proof status created_at updated_at email_verified_at') } },
  erasure: { personal: { erasures: columns('id account_id receipt_hash requested_at due_at erased_at erased subjects told_again_at') } },
  second_factor: { personal: { secondFactor: columns('account_id sealed created_at confirmed_at used_step') } },
  recovery_code: { personal: { secondFactor: columns('account_id code_hash used_at') } },
  session: { personal: { sessions: columns('id account_id refresh_token_hash cookie_hash created_at expires_at revoked_at refreshed_at second_factor user_agent ip') } },
  used_refresh_token: { personal: { sessions: columns('token_hash session_id account_id used_at successor') } },
  consent: { personal: { consents: columns('id account_id document document_version given_at ip text_sha256') } },
  consent_withdrawal: { personal: { consents: columns('consent_id account_id withdrawn_at ip') } },
  policy_version: {
    personal: { operatorDecisions: columns('published_by published_at') },
    impersonal: { 'a version of what people agree to': columns('id document version title required effective_from grace_days') },
  },
  policy_text: { impersonal: { 'the words of such a version': columns('sha256 document version content_type text first_shown_at') } },
  membership: {
    personal: { memberships: columns('account_id role roles created_at') },
    impersonal: { 'whose row it is, and its version': columns('tenant_id version') },
  },
  internal_role: {
    personal: { memberships: columns('account_id role given_by given_at') },
    impersonal: { 'whose row it is': columns('tenant_id') },
  },
  membership_role: {
    personal: { memberships: columns('account_id role_id') },
    impersonal: { 'whose row it is': columns('tenant_id') },
  },
  credential: {
    personal: { credentials: columns('id account_id kind sealed issuer issued_on expires_on expires_at status submitted_at decided_at decided_by reason warned_at') },
    impersonal: { 'whose row it is, and its version': columns('tenant_id version') },
  },
  operator_access: {
    personal: { auditTrail: columns('operator_id reason decided_by ended_by requested_at decided_at ended_at') },
    impersonal: { 'what an access of an operator to a tenant reaches, until when, and what has become of it': columns('id tenant_id capabilities minutes status answer_by expires_at cause version') },
  },
  operator: { personal: { memberships: columns('account_id roles created_at') } },
  role: {
    personal: { organisation: columns('name') },
    impersonal: { 'what a role of a tenant may do': columns('id tenant_id capabilities version created_at updated_at') },
  },
  invitation: {
    personal: { invitations: columns('id email role roles custom_role_ids token_hash invited_by created_at expires_at accepted_at accepted_by revoked_at') },
    impersonal: { 'whose row it is': columns('tenant_id') },
  },
  mail: { personal: { mail: columns('id kind sealed created_at due_at attempts last_error ended_at outcome') } },
  mailed_token: { personal: { mailedLinks: columns('token_hash purpose account_id email created_at expires_at used_at') } },
  login_attempt: { personal: { signInAttempts: columns('key kind failures last_at locked_until') } },
  tenant: {
    personal: { organisation: columns('name slug contact_email billing settings search_words') },
    impersonal: { 'the state of a tenant': columns('id status tier time_zone version created_at updated_at') },
  },
  api_key: {
    personal: { apiKeys: columns('id created_by name key_hash scopes created_at expires_at revoked_at active allowed_addresses replaces rotated_to overlap_ends_at') },
    impersonal: { 'whose row it is, and its version': columns('tenant_id version') },
  },
  api_key_use: {
    personal: { apiKeys: columns('api_key_id last_used_at') },
    impersonal: { 'whose row it is': columns('tenant_id') },
  },
  feature_flag: {
    personal: { featureConditions: columns('rules') },
    impersonal: { 'what a feature is, and its values': columns('id key description type enabled variants default_variant off_variant salt version created_at updated_at archived_at') },
  },
  feature_flag_change: {
    personal: { operatorDecisions: columns('operator_id reason at'), featureConditions: columns('before after') },
    impersonal: { 'which change of which flag': columns('sequence flag_id key action version') },
  },
  legal_hold: { personal: { legalHolds: columns('id tenant_id account_id reason placed_by by_operator placed_at released_at released_by release_reason') } },
  retention_policy: {
    personal: { organisation: columns('updated_by updated_at') },
    impersonal: { 'how long a tenant keeps what': columns('tenant_id data_class days version') },
  },
  data_export: {
    personal: { dataExports: columns('id tenant_id account_id requested_at due_at attempts status error ended_at sha256 size_bytes sealed expires_at') },
  },
  revocation: { personal: { revocations: columns('subject_id kind at') }, impersonal: { 'numbers the revocations': columns('sequence') } },
  usage_active_user_day: {
    personal: { serviceUsage: columns('account_id day') },
    impersonal: { 'which row of which tenant': columns('id tenant_id') },
  },
  usage_created_day: { impersonal: { 'how much was made in a tenant in a day': columns('tenant_id day kind things') } },
  usage_route_day: {
    impersonal: { 'how often a route was called in a tenant in a day, by all together, and how long that took': columns('tenant_id day method route calls by_api_keys refused failed durations counted_until') },
  },
  quota_window: {
    impersonal: {
      'what a tenant may use and has used, all its members together': columns(
        'id tenant_id metric period starts_at ends_at limit_units ceiling_units settled reserved leased forfeited overrun told_percent closed_at reported_at',
      ),
    },
  },
  quota_grant: {
    impersonal: { 'units that a service holds for a tenant': columns('tenant_id id window_id metric kind holder units used_units state granted_at expires_at ended_at') },
  },
  quota_change: {
    personal: { operatorDecisions: columns('operator_id reason at') },
    impersonal: { 'what was changed of a tenant’s limit': columns('sequence tenant_id metric kind limit_units') },
  },
};
