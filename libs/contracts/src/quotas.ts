/**
 * How units of a metric are counted: `monthly` begins anew with each calendar month of the tenant's time zone; `standing`
 * is what a tenant has at a time (its documents, its bytes), which no month makes less.
 */
export type QuotaCounting = 'monthly' | 'standing';

/** A thing that tenants have so much of. */
export interface QuotaMetricDefinition {
  readonly counting: QuotaCounting;
  /** What one unit is, for people. */
  readonly unit: string;
}

/**
 * Every metric that the ledger keeps. A product adds its own as a line here, with a limit in each tier below; units are
 * whole numbers.
 */
export const quotaMetrics = {
  api_calls: { counting: 'monthly', unit: 'calls of the API' },
  ai_tokens: { counting: 'monthly', unit: 'tokens of models, of prompts and answers' },
  storage_bytes: { counting: 'standing', unit: 'bytes' },
  users: { counting: 'standing', unit: 'members' },
  documents: { counting: 'standing', unit: 'documents' },
  analyses: { counting: 'monthly', unit: 'analyses' },
} as const satisfies Readonly<Record<string, QuotaMetricDefinition>>;

export type QuotaMetric = keyof typeof quotaMetrics;

export const quotaMetricNames = Object.keys(quotaMetrics) as readonly QuotaMetric[];

/** Whether the text names a metric of the ledger. */
export function isQuotaMetric(text: string): text is QuotaMetric {
  return Object.hasOwn(quotaMetrics, text);
}

/** The most that a limit can be: what JSON's numbers hold exactly. */
export const maxQuotaUnits = Number.MAX_SAFE_INTEGER;
