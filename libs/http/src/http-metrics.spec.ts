import { Controller, Get, Module, Param } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Problem } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { Metrics, TelemetryModule } from '@plinth/telemetry';
import { createHttpApp } from './create-http-app.js';

@Controller('things')
class ThingsController {
  @Get(':id')
  one(@Param('id') id: string) {
    if (id === 'broken') throw new Error('defect');
    if (id === 'absent') throw new Problem('thing_not_found', 'not_found', 'There is no such thing.');
    return { id };
  }
}

@Module({ imports: [TelemetryModule.forRoot('test')], controllers: [ThingsController] })
class TestModule {}

async function setup() {
  const app: NestFastifyApplication = await createHttpApp(TestModule, { logger: Logger.create({ service: 'test', level: 'silent', format: 'json' }) });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  const lines = async (metric: string) => (await app.get(Metrics).text()).body.split('\n').filter((line) => line.startsWith(`${metric}{`));
  return { app, lines, [Symbol.asyncDispose]: () => app.close() };
}

describe('the metrics of HTTP', () => {
  it('count each answer under its route template and status class, and failures by their status', async () => {
    await using test = await setup();
    for (const id of ['1', 'ann@example.org', 'absent', 'broken']) await test.app.inject({ method: 'GET', url: `/things/${id}` });
    expect(await test.lines('plinth_http_requests_total')).toEqual([
      'plinth_http_requests_total{method="GET",route="/things/:id",status_class="2xx",service="test"} 2',
      'plinth_http_requests_total{method="GET",route="/things/:id",status_class="4xx",service="test"} 1',
      'plinth_http_requests_total{method="GET",route="/things/:id",status_class="5xx",service="test"} 1',
    ]);
    expect(await test.lines('plinth_http_errors_total')).toEqual([
      'plinth_http_errors_total{method="GET",route="/things/:id",status="404",service="test"} 1',
      'plinth_http_errors_total{method="GET",route="/things/:id",status="500",service="test"} 1',
    ]);
    expect(await test.lines('plinth_http_request_duration_seconds_count')).toHaveLength(3);
  });

  it('stay the same few series under 10,000 random paths, odd methods and paths that are refused', async () => {
    await using test = await setup();
    await test.app.inject({ method: 'GET', url: '/nowhere' });
    const before = await test.lines('plinth_http_requests_total');
    for (let sent = 0; sent < 10_000; sent++) await test.app.inject({ method: 'GET', url: `/${Math.random().toString(36)}/${sent}` });
    expect(before).toEqual(['plinth_http_requests_total{method="GET",route="unknown",status_class="4xx",service="test"} 1']);
    expect(await test.lines('plinth_http_requests_total')).toEqual(['plinth_http_requests_total{method="GET",route="unknown",status_class="4xx",service="test"} 10001']);
    await test.app.inject({ method: 'GET', url: '/things/%E0%A4%A' });
    await test.app.inject({ method: 'TRACE' as 'GET', url: '/nowhere' });
    expect(await test.lines('plinth_http_requests_total')).toEqual([
      'plinth_http_requests_total{method="GET",route="unknown",status_class="4xx",service="test"} 10002',
      'plinth_http_requests_total{method="other",route="unknown",status_class="4xx",service="test"} 1',
    ]);
  });
});
