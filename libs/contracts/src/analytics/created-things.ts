/** What analytics counts as created, by the event that tells of it: kinds, for people. */
export const createdKindsByEvent = {
  'tenant.created': 'tenants',
  'user.registered': 'sign_ups',
  'member.added': 'members',
  'invitation.created': 'invitations',
  'role.created': 'roles',
  'api_key.created': 'api_keys',
  'credential.submitted': 'credentials',
  'data_export.requested': 'data_exports',
  'legal_hold.placed': 'legal_holds',
  'ai_usage.recorded': 'ai_calls',
} as const;

export type CreatedKind = (typeof createdKindsByEvent)[keyof typeof createdKindsByEvent];
export const createdKinds = Object.values(createdKindsByEvent) as readonly CreatedKind[];

/** Events that something came into being, too, and why it is not counted. */
export const uncountedCreations: Readonly<Record<string, string>> = {
  'operator_access.requested': 'what an operator does in a tenant is not the tenant’s use',
  'operator_access.granted': 'what an operator does in a tenant is not the tenant’s use',
  'user.erasure_requested': 'a person’s own, of no tenant',
  'consent.given': 'a person’s own, of no tenant',
  'policy.published': 'the platform’s, of no tenant',
  'feature_flag.created': 'the platform’s, of no tenant',
  'api_usage.recorded': 'it is the count itself',
  'audit.recorded': 'it tells of what other events tell, too',
};

/**
 * Last words of event types that say that something came into being, and those that do not. A test holds that each registered type ends in one
 * of them: whoever brings a new word decides.
 */
export const creatingWords: readonly string[] = ['added', 'created', 'given', 'granted', 'placed', 'published', 'recorded', 'registered', 'requested', 'submitted'];
export const otherWords: readonly string[] = [
  ...['accepted', 'activated', 'archived', 'changed', 'deactivated', 'deleted', 'disabled', 'downloaded', 'enabled', 'ended', 'erased', 'expired', 'expiring', 'finished', 'in', 'locked'],
  ...['out', 'reached', 'refused', 'rejected', 'released', 'removed', 'reset', 'restored', 'revoked', 'rotated', 'suspended', 'updated', 'verified', 'withdrawn'],
];
