import { toldPath } from './told-path.js';

describe('toldPath', () => {
  it.each(['/', '/v1/tenants/018f2c3a-1b2c-7d3e-8f4a-5b6c7d8e9f01/suspend', '/.well-known/jwks.json', '/v1/admin/jobs/purge_published_and_expired/runs', '/v1/tenants/not-a-uuid', '/v1//x'])(
    'tells %s as it is',
    (path) => {
      expect(toldPath(path)).toBe(path);
    },
  );

  it.each([
    ['/v1/tenants/jane%40mail.example', '/v1/tenants/~'],
    ['/v1/tenants/plk_live_0123456789/suspend', '/v1/tenants/~/suspend'],
    ['/v1/pay/4111111111111111', '/v1/pay/~'],
    ['/reset/eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2ln', '/reset/~'],
    ['/login/Hunter2!', '/login/~'],
    ['/v1/%zzplk_live_abc', '/v1/~'],
    ['/v1/a%0d%0aSet-Cookie:x', '/v1/~'],
  ])('tells %s as %s', (path, told) => {
    expect(toldPath(path)).toBe(told);
  });
});
