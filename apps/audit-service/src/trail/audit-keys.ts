/** Injection token of the key ring of `AUDIT_SIGNING_KEYS`; a token of its own, because an app may hold several rings. */
export const AUDIT_KEYS = Symbol('plinth.audit-keys');
