import { ConfigError } from '@plinth/config';
import { FlagOverrides } from '@plinth/flags';
import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { TenantServiceConfig } from '../config.js';
import { bootTenantService } from '../testing.js';
import { FeatureFlagsRepository } from './feature-flags.repository.js';
import { OverrideCheck } from './override-check.js';

const operator: Principal = { type: 'operator', id: newId(), tenantId: null, roles: ['PLATFORM_ADMIN'] };
const quiet = Logger.create({ service: 'test', level: 'silent', format: 'json' });

describe('flags that the environment sets', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService();
    for (const [key, type] of [['new-trail', 'boolean'], ['page-size', 'number']]) {
      await service.call('POST', '/v1/feature-flags', { as: operator, body: { key, type, ...(type === 'number' ? { variants: { few: 10 }, defaultVariant: 'few' } : {}) } });
    }
  });
  afterAll(() => service.close());

  function check(texts: Record<string, string>) {
    const flagOverrides = FlagOverrides.of(texts);
    const repository = service.app.get(FeatureFlagsRepository, { strict: false });
    return new OverrideCheck(Object.assign(Object.create(TenantServiceConfig.prototype) as TenantServiceConfig, { flagOverrides }), repository, quiet);
  }

  it('stop the start where they are not of their flag’s type, all in one message and without a value', async () => {
    const failure = await check({ 'new-trail': 's3cret', 'page-size': 's3cret', 'not-there': 's3cret' }).onModuleInit().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConfigError);
    expect((failure as ConfigError).problems).toEqual(['FLAG_NEW_TRAIL must be true or false', 'FLAG_PAGE_SIZE must be a number, as 10 or 2.5']);
    expect((failure as ConfigError).message).not.toContain('s3cret');
  });

  it('let it go on where they are, and where the database is away', async () => {
    await check({ 'new-trail': 'true', 'page-size': '25' }).onModuleInit();
    const away = { readForTenant: () => Promise.reject(new Error('away')) };
    const config = Object.assign(Object.create(TenantServiceConfig.prototype) as TenantServiceConfig, { flagOverrides: FlagOverrides.of({ 'new-trail': 'x' }) });
    await new OverrideCheck(config, away as unknown as FeatureFlagsRepository, quiet).onModuleInit();
  });
});
