import { Controller, Get, Module } from '@nestjs/common';
import { createHttpApp } from '@plinth/http';
import { Logger, LoggingModule } from '@plinth/logging';
import type { HttpCall } from '@plinth/resilience';
import { TelemetryModule } from '@plinth/telemetry';
import { eventually } from '@plinth/testing';
import { FeatureFlag } from './feature-flag.guard.js';
import { FlagOverrides } from './flag-overrides.js';
import { Flags } from './flags.js';
import { FlagsModule } from './flags.module.js';

const logger = Logger.create({ service: 'test', level: 'silent', format: 'json' });
const flag = { key: 'moons', type: 'boolean', version: 1, enabled: true, variants: { on: true, off: false }, defaultVariant: 'on', offVariant: 'off', rules: [], salt: 's' };

@Controller('moons')
class MoonsController {
  @Get()
  @FeatureFlag('moons')
  list() {
    return { ok: true };
  }
}

async function setup(overrides: Record<string, string> = {}) {
  const tenantService = { away: true, asked: 0 };
  const calls = {
    request: ({ path }: HttpCall) => {
      tenantService.asked += 1;
      if (tenantService.away || path !== '/internal/v1/feature-flags') return Promise.reject(new Error('away'));
      return Promise.resolve({ status: 200, headers: {}, body: Buffer.from(JSON.stringify({ data: [flag] })), cut: false });
    },
  };
  @Module({
    imports: [LoggingModule.forRoot(logger), TelemetryModule.forRoot('test'), FlagsModule.forRoot({ useFactory: () => ({ calls, overrides: FlagOverrides.of(overrides) }) })],
    controllers: [MoonsController],
  })
  class SampleModule {}
  const app = await createHttpApp(SampleModule, { logger });
  await app.init();
  const status = async () => (await app.inject({ method: 'GET', url: '/moons' })).statusCode;
  return { app, tenantService, status, [Symbol.asyncDispose]: () => app.close() };
}

describe('FlagsModule', () => {
  it('starts without tenant-service, and follows it from when it is there to the end of the service', async () => {
    await using service = await setup();
    const { app, tenantService, status } = service;
    expect(await status()).toBe(404);
    tenantService.away = false;
    await eventually(async () => expect(await status()).toBe(200));
    expect(await app.get(Flags).isOn('moons', {})).toBe(true);
    await app.close();
    const { asked } = tenantService;
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(tenantService.asked).toBe(asked);
  });

  it('takes what the environment of the service says', async () => {
    await using service = await setup({ moons: 'true' });
    expect(await service.status()).toBe(200);
  });
});
