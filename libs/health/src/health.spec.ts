import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { createHttpApp, drainingOf } from '@plinth/http';
import { Logger } from '@plinth/logging';
import type { DependencyCheck } from './dependency-check.js';
import { HealthModule } from './health.module.js';

const up = async () => undefined;
const down = async () => {
  throw new Error('password=secret');
};

async function setup(list: DependencyCheck[]) {
  @Module({ imports: [HealthModule.forRoot({ useFactory: () => list })] })
  class AppModule {}
  const app = await createHttpApp(AppModule, { logger: Logger.create({ service: 'test', level: 'silent', format: 'json' }) });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  const get = async (path: string) => {
    const answer = await app.inject({ method: 'GET', url: path });
    return { status: answer.statusCode, connection: answer.headers.connection, body: answer.json<Record<string, unknown>>(), text: answer.body };
  };
  return { get, drain: () => drainingOf(app.getHttpServer()).begin(), [Symbol.asyncDispose]: () => app.close() };
}

describe('health', () => {
  it('is ready with all dependencies up', async () => {
    await using app = await setup([{ name: 'database', essential: true, check: up }]);
    expect(await app.get('/health/ready')).toMatchObject({ status: 200, body: { status: 'ok', degraded: [], details: { database: { status: 'up' } } } });
  });

  it('is ready and says degraded without what it can do without', async () => {
    await using app = await setup([
      { name: 'database', essential: true, check: up },
      { name: 'kafka', essential: false, check: down },
    ]);
    expect(await app.get('/health/ready')).toMatchObject({ status: 200, body: { status: 'degraded', degraded: ['kafka'] } });
  });

  it('is not ready without an essential dependency, and still up and alive', async () => {
    await using app = await setup([{ name: 'database', essential: true, check: down }]);
    const ready = await app.get('/health/ready');
    expect(ready).toMatchObject({ status: 503, body: { code: 'not_ready', health: { details: { database: { status: 'down' } } } } });
    expect(ready.text).not.toContain('secret');
    expect(await app.get('/health')).toMatchObject({ status: 200, body: { degraded: ['database'] } });
    expect(await app.get('/health/live')).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  it('is not ready once it drains, whatever is up, and still alive, and ends each connection with its answer', async () => {
    await using app = await setup([{ name: 'database', essential: true, check: up }]);
    expect((await app.get('/health/ready')).connection).toBe('keep-alive');
    app.drain();
    expect(await app.get('/health/ready')).toMatchObject({ status: 503, connection: 'close', body: { code: 'draining', health: { status: 'draining' } } });
    expect(await app.get('/health/live')).toMatchObject({ status: 200, connection: 'close' });
    expect(await app.get('/health')).toMatchObject({ status: 200 });
  });

  it('does not wait for a dependency that hangs', async () => {
    await using app = await setup([{ name: 'database', essential: true, check: () => new Promise(() => undefined) }]);
    expect((await app.get('/health/ready')).status).toBe(503);
  });
});
