import { databaseRules as rulesOf } from '@plinth/database';
import { idempotencyRules } from '@plinth/idempotency';
import { outboxRules } from '@plinth/outbox';
import { schema } from './migrations/index.js';

const ofAPerson = 'a person’s, over all tenants that it belongs to';

/** What holds of this service's schema beside the rule that a tenant sees its own rows (ADR 0010). */
export const databaseRules = rulesOf(schema, outboxRules, idempotencyRules, {
  tables: {
    tenant: { readBy: 'tenant', column: 'id', because: 'the tenant itself' },
    account: { readBy: 'principal', column: 'id', because: ofAPerson },
    consent: { readBy: 'principal', column: 'account_id', because: ofAPerson },
    second_factor: { readBy: 'principal', column: 'account_id', because: ofAPerson },
    recovery_code: { readBy: 'principal', column: 'account_id', because: ofAPerson },
    session: { readBy: 'principal', column: 'account_id', because: ofAPerson },
    used_refresh_token: { readBy: 'principal', column: 'account_id', because: ofAPerson },
    login_attempt: { readBy: 'nobody', because: 'counts by HMACs, before anybody is known' },
    mail: { readBy: 'nobody', because: 'it is for an address, which belongs to an account or to nobody; the sender reads it as the system' },
    mailed_token: { readBy: 'principal', column: 'account_id', because: ofAPerson },
    operator: { readBy: 'nobody', because: 'operators are the platform’s; login reads them as the system' },
    revocation: { readBy: 'nobody', because: 'ids and kinds, which only the feed reads, across tenants' },
  },
  systemQueries: {
    account_by_email: 'login knows neither tenant nor principal before it has found the account',
    session_by_refresh_token: 'a refresh knows neither tenant nor principal before it has found the session',
    count_login_attempts: 'a sign-in is counted before it is known whose it is',
    send_mail: 'mails are for addresses, which belong to no tenant',
    account_of_mailed_token: 'who follows a link has nothing but the token',
    account_of_session: 'a refresh asks for the account of the session that it has found, a gateway for what its bearer belongs to by now',
    operator_by_email: 'the bootstrap of an operator has no caller',
    operator_bootstrap: 'the bootstrap of an operator has no caller',
    api_key_facts: 'the gateway asks for a key before it knows whose it is',
    revocation_snapshot: 'the feed tells gateways of all tenants',
    revocation_changes: 'the feed tells gateways of all tenants',
    tenants_of_account: 'a person lists its tenants, each of which shows its rows to its own transactions alone',
    tenant_search: 'operators look over all tenants',
    members_of_tenant: 'a member’s address stands in its account, which is the person’s own row',
    member_giving: 'whether an inviter may still give what it gave is asked of the tenant that the invitation names, by whoever accepts',
    invitation_by_token: 'whoever accepts an invitation has a token, and belongs to the tenant only then',
    caller_standing: 'the gateway asks for sessions, keys and tenants of any caller while it has no feed',
  },
  systemRights: {
    account: ['INSERT', 'SELECT (email, email_verified_at, id, password_hash, status)', 'UPDATE (password_hash, updated_at)'],
    api_key: ['SELECT'],
    login_attempt: ['DELETE', 'INSERT', 'SELECT', 'UPDATE'],
    mail: ['SELECT', 'UPDATE (attempts, due_at, ended_at, last_error, outcome, sealed)'],
    mailed_token: ['SELECT (account_id, token_hash)'],
    internal_role: ['SELECT'],
    invitation: ['SELECT (id, tenant_id, token_hash)'],
    member_standing: ['SELECT'],
    membership: ['SELECT'],
    membership_role: ['SELECT'],
    operator: ['INSERT', 'SELECT', 'UPDATE (roles)'],
    revocation: ['SELECT'],
    role: ['SELECT (capabilities, id, name, tenant_id)'],
    session: ['SELECT (account_id, id, refresh_token_hash, revoked_at)'],
    tenant: ['SELECT (created_at, id, name, search_words, slug, status, tier, updated_at)'],
    used_refresh_token: ['SELECT (session_id, token_hash)'],
  },
  uniqueAcrossTenants: {
    tenant_slug_unique: 'ends in 32 random bits that no caller chooses, so that nobody can try a name',
    account_email_unique: 'accounts belong to no tenant: sign-up tells that an address has an account, as a form must, and not where',
    session_refresh_token_unique: 'the hash of 256 random bits of ours',
    recovery_code_pkey: 'the hash of 80 random bits of ours, beside the account',
    login_attempt_pkey: 'an HMAC under a secret of ours',
    mailed_token_pkey: 'the hash of 256 bits that nobody can tell',
    invitation_token_unique: 'the hash of 256 random bits of ours',
    used_refresh_token_pkey: 'the hash of 256 random bits of ours',
  },
});
