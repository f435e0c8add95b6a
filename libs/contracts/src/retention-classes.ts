/** What is kept for some days after it has ended, and then deleted by tenant-service's retention (ADR 0046). */
export interface RetentionClass {
  /** For people. */
  readonly what: string;
  /** `tenant`: each decides for itself, between `minDays` and `maxDays`; `platform`: of persons over all tenants, for whom the default holds. */
  readonly decidedBy: 'tenant' | 'platform';
  /** After its end. */
  readonly defaultDays: number;
  readonly minDays: number;
  readonly maxDays: number;
}

/** Every class. The least days are the database's fences too, which no policy passes. */
export const retentionClasses = {
  ended_invitations: { what: 'Invitations that were accepted, withdrawn or have expired', decidedBy: 'tenant', defaultDays: 90, minDays: 7, maxDays: 3_650 },
  ended_api_keys: { what: 'API keys that were revoked, replaced or have expired', decidedBy: 'tenant', defaultDays: 365, minDays: 30, maxDays: 3_650 },
  usage_people: { what: 'Which member used the service on which day', decidedBy: 'tenant', defaultDays: 396, minDays: 31, maxDays: 3_650 },
  ended_sessions: { what: 'Sessions that have ended, with their used refresh tokens; 90 days after the sign-in at the earliest', decidedBy: 'platform', defaultDays: 30, minDays: 30, maxDays: 30 },
  obsolete_consents: { what: 'Consents that were withdrawn or replaced by one to a newer version', decidedBy: 'platform', defaultDays: 1_095, minDays: 1_095, maxDays: 1_095 },
} as const satisfies Readonly<Record<string, RetentionClass>>;

export type RetentionClassName = keyof typeof retentionClasses;
export const retentionClassNames = Object.keys(retentionClasses) as readonly RetentionClassName[];
