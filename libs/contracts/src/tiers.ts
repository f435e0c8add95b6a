import type { QuotaMetric } from './quotas.js';

export const tierNames = ['free', 'basic', 'professional', 'enterprise'] as const;
export type Tier = (typeof tierNames)[number];

export const tierFeatures = ['audit_export', 'custom_roles', 'single_sign_on', 'priority_support'] as const;
export type TierFeature = (typeof tierFeatures)[number];

/** What a tenant of a tier may use; an operator can give a tenant another limit. */
export interface TierDefinition {
  /** In units of each metric, 0 to 2^53 - 1: for a month, or at a time. */
  readonly limits: Readonly<Record<QuotaMetric, number>>;
  readonly features: readonly TierFeature[];
}

const gib = 1_073_741_824;

/** The tiers, from the smallest on. The free one is for trying in earnest: a month of load tests passes. */
export const tiers: Readonly<Record<Tier, TierDefinition>> = {
  free: {
    limits: { api_calls: 10_000_000, ai_tokens: 10_000_000, storage_bytes: 5 * gib, users: 25, documents: 10_000, analyses: 10_000 },
    features: [],
  },
  basic: {
    limits: { api_calls: 50_000_000, ai_tokens: 50_000_000, storage_bytes: 50 * gib, users: 100, documents: 100_000, analyses: 50_000 },
    features: ['audit_export'],
  },
  professional: {
    limits: { api_calls: 250_000_000, ai_tokens: 500_000_000, storage_bytes: 500 * gib, users: 1_000, documents: 1_000_000, analyses: 500_000 },
    features: ['audit_export', 'custom_roles', 'single_sign_on'],
  },
  enterprise: {
    limits: { api_calls: 10_000_000_000, ai_tokens: 10_000_000_000, storage_bytes: 100_000 * gib, users: 100_000, documents: 1_000_000_000, analyses: 100_000_000 },
    features: ['audit_export', 'custom_roles', 'single_sign_on', 'priority_support'],
  },
};
