import { InternalIdentityMinter, KeyRing, ServiceCalls } from '@plinth/auth';
import { FlagEvaluator, FlagFollower, FlagOverrides, Flags } from '@plinth/flags';
import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { Destination } from '@plinth/resilience';
import { eventually } from '@plinth/testing';
import { TenantServiceConfig } from '../config.js';
import { bootTenantService } from '../testing.js';

const operator: Principal = { type: 'operator', id: newId(), tenantId: null, roles: ['PLATFORM_ADMIN'] };
const logger = Logger.create({ service: 'test', level: 'silent', format: 'json' });

/** Another service, as far as flags go: it follows tenant-service over HTTP, by the signed identity and through a breaker. */
async function setup() {
  const service = await bootTenantService();
  await service.app.listen(0, '127.0.0.1');
  const destination = new Destination({ name: 'tenant-service', url: await service.app.getUrl() });
  const { internalKeys, internalHmacSecrets } = service.app.get(TenantServiceConfig, { strict: false });
  const minter = new InternalIdentityMinter({ service: 'ai-gateway', keys: KeyRing.of(internalKeys), secrets: internalHmacSecrets });
  const follower = new FlagFollower({ calls: new ServiceCalls({ audience: 'tenant-service', destination, minter }), logger });
  const flags = new Flags({ source: follower, evaluator: new FlagEvaluator({ overrides: FlagOverrides.none, logger }) });
  const close = async () => {
    await follower.stop();
    await destination.close();
    await service.close();
  };
  return { service, follower, flags, [Symbol.asyncDispose]: close };
}

describe('a service that follows the flags', () => {
  it('comes to what OFREP answers, and follows each change', async () => {
    await using another = await setup();
    const { service, follower, flags } = another;
    const { owner, tenant } = await service.register();
    const context = { tenantId: owner.tenantId, targetingKey: owner.id };
    expect(await flags.evaluate('new-trail', context, true)).toMatchObject({ value: true, errorCode: 'PROVIDER_NOT_READY' });

    const rules = [{ tiers: ['enterprise'], variant: 'on' }, { split: [{ variant: 'on', percent: 50 }] }];
    await service.call('POST', '/v1/feature-flags', { as: operator, body: { key: 'new-trail', type: 'boolean', rules } });
    follower.start();
    await eventually(async () => expect((await flags.evaluate('new-trail', context, true)).errorCode).toBeUndefined());
    for (let index = 0; index < 20; index += 1) {
      const targetingKey = `user-${index}`;
      const asked = await service.call('POST', '/ofrep/v1/evaluate/flags/new-trail', { as: owner, body: { context: { targetingKey } } });
      expect((await flags.evaluate('new-trail', { ...context, targetingKey }, false)).value).toBe(asked.json()['value']);
    }

    await service.call('POST', '/v1/feature-flags/new-trail/disable', { as: operator });
    await eventually(async () => expect(await flags.evaluate('new-trail', context, true)).toMatchObject({ value: false, reason: 'DISABLED' }));
    await service.call('POST', '/v1/feature-flags/new-trail/enable', { as: operator });
    await service.call('PUT', `/v1/admin/tenants/${tenant.id}/tier`, { as: operator, body: { tier: 'enterprise' } });
    const other = await service.register();
    await service.call('PUT', `/v1/admin/tenants/${other.tenant.id}/tier`, { as: operator, body: { tier: 'enterprise' } });
    await eventually(async () => expect(await flags.evaluate('new-trail', { tenantId: other.tenant.id }, false)).toMatchObject({ value: true, reason: 'TARGETING_MATCH' }));
    await service.call('DELETE', '/v1/feature-flags/new-trail', { as: operator });
    await eventually(async () => expect(await flags.evaluate('new-trail', context, true)).toMatchObject({ value: true, errorCode: 'FLAG_NOT_FOUND' }));
  });

  it('keeps what it last heard when tenant-service goes away', async () => {
    await using another = await setup();
    const { service, follower, flags } = another;
    await service.call('POST', '/v1/feature-flags', { as: operator, body: { key: 'kept', type: 'boolean', defaultVariant: 'on' } });
    await follower.runOnce(new AbortController().signal);
    await service.app.close();
    await expect(follower.runOnce(new AbortController().signal)).rejects.toThrow();
    expect(await flags.evaluate('kept', {}, false)).toMatchObject({ value: true, reason: 'STATIC' });
  });
});
