import { tierNames } from '../tiers.js';
import { featureNames, featureOfRoute, featuresOfTier } from './features.js';

describe('featureOfRoute', () => {
  it.each([
    ['/v1/api-keys', 'api_keys'],
    ['/v1/api-keys/{id}/rotate', 'api_keys'],
    ['/v1/tenants/{id}', 'organisation'],
    ['/v1/tenants/{id}/members/{accountId}', 'members'],
    ['/v1/tenants/{id}/members/{accountId}/credentials/{credentialId}', 'credentials'],
    ['/v1/admin/jobs', null],
    ['/v1/auth/me', null],
    ['/v1/api-keys-of-others', undefined],
    ['/v1/tenants/{id}/something-new', undefined],
    ['/', undefined],
  ])('of %s is %s', (path, feature) => {
    expect(featureOfRoute(path)).toBe(feature);
  });
});

describe('featuresOfTier', () => {
  it('is every feature where the tier allows some of what it needs', () => {
    for (const tier of tierNames) expect(featuresOfTier(tier)).toEqual(featureNames);
  });
});
