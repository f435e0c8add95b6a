import type { QuotaMetric } from '../quotas.js';
import { tiers, type Tier } from '../tiers.js';

/** Something that tenants use, and the routes by which they do. */
interface Feature {
  /** For people. */
  readonly what: string;
  /** Templates of paths; one that ends in `/*` is what is before it, with all below. */
  readonly routes: readonly string[];
  /** A tier that allows none of it does not have the feature. */
  readonly needs?: QuotaMetric;
}

const features = {
  organisation: { what: 'The organisation’s own data, settings and billing', routes: ['/v1/tenants', '/v1/tenants/{id}', '/v1/tenants/{id}/billing', '/v1/tenants/{id}/deactivate'] },
  members: { what: 'Members, and who owns the organisation', routes: ['/v1/tenants/{id}/members/*', '/v1/tenants/{id}/leave', '/v1/tenants/{id}/transfer-ownership'] },
  invitations: { what: 'Invitations', routes: ['/v1/tenants/{id}/invitations/*', '/v1/invitations/accept'] },
  roles: { what: 'Roles of the organisation’s own', routes: ['/v1/tenants/{id}/roles/*'] },
  credentials: {
    what: 'Members’ credentials',
    routes: ['/v1/tenants/{id}/credentials', '/v1/tenants/{id}/own-credentials/*', '/v1/tenants/{id}/members/{accountId}/credentials/*'],
  },
  second_factor: { what: 'A second factor for signing in', routes: ['/v1/auth/second-factor/*'] },
  api_keys: { what: 'API keys', routes: ['/v1/api-keys/*'] },
  quotas: { what: 'Quotas, and what was used of them', routes: ['/v1/tenants/{id}/quotas/*', '/v1/tenants/{id}/usage', '/v1/usage/me'] },
  analytics: { what: 'Usage analytics', routes: ['/v1/tenants/{id}/analytics'] },
  feature_flags: { what: 'Evaluation of feature flags', routes: ['/ofrep/v1/evaluate/flags/*'] },
  audit: { what: 'The audit trail', routes: ['/v1/audit/*'] },
  retention: { what: 'How long is kept what has ended', routes: ['/v1/tenants/{id}/retention/*'] },
  legal_holds: { what: 'Legal holds', routes: ['/v1/tenants/{id}/legal-holds/*'] },
  data_exports: { what: 'Copies of data', routes: ['/v1/tenants/{id}/exports/*', '/v1/auth/exports/*'] },
  operator_access: { what: 'Leave for operators to look in', routes: ['/v1/tenants/{id}/operator-access/*'] },
  ai: { what: 'AI models', routes: ['/v1/chat/completions', '/v1/models'], needs: 'ai_tokens' },
} as const satisfies Readonly<Record<string, Feature>>;

const everybody = 'everybody does it, whatever they came for';
const open = 'open to anybody, so nobody’s use';
const operators = 'for operators, who are no tenant’s';

/** Routes that say nothing of what a tenant uses, and why; patterns as above. */
const ofNoFeature: Readonly<Record<string, string>> = {
  '/v1/admin/*': operators,
  '/v1/feature-flags/*': operators,
  '/v1/tenants/{id}/activate': operators,
  '/v1/tenants/{id}/suspend': operators,
  '/v1/tenants/{id}/restore': operators,
  '/v1/auth/register': everybody,
  '/v1/auth/login': everybody,
  '/v1/auth/refresh': everybody,
  '/v1/auth/logout': everybody,
  '/v1/auth/me': everybody,
  '/v1/auth/csrf': everybody,
  '/v1/auth/email/*': everybody,
  '/v1/auth/password/*': everybody,
  '/v1/auth/sessions/*': everybody,
  '/v1/auth/consents/*': everybody,
  '/v1/auth/erasure/*': 'the end of an account is no use of it',
  '/v1/policies/*': open,
  '/v1/policy-texts/*': open,
  '/v1/privacy-notice': open,
  '/terms': open,
  '/policies/*': open,
  '/privacy': open,
  '/.well-known/jwks.json': open,
};

export type FeatureName = keyof typeof features;
export const featureNames = Object.keys(features) as readonly FeatureName[];

/** By pattern; null for none. */
const byPattern = new Map<string, FeatureName | null>([
  ...featureNames.flatMap((name) => features[name].routes.map((pattern) => [pattern, name] as const)),
  ...Object.keys(ofNoFeature).map((pattern) => [pattern, null] as const),
]);

/**
 * The feature that a route belongs to: by its own template, else by the longest pattern that it is under.
 *
 * @returns null where it belongs to none for a reason, undefined where nobody has decided: a test of the gateway's route table finds that
 */
export function featureOfRoute(path: string): FeatureName | null | undefined {
  const exact = byPattern.get(path);
  if (exact !== undefined) return exact;
  for (let under = path; under !== ''; under = under.slice(0, under.lastIndexOf('/'))) {
    const found = byPattern.get(`${under}/*`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The features that a tenant of the tier can use. */
export function featuresOfTier(tier: Tier): readonly FeatureName[] {
  return featureNames.filter((name) => {
    const { needs }: Feature = features[name];
    return needs === undefined || tiers[tier].limits[needs] > 0;
  });
}
