import { randomBytes } from 'node:crypto';
import { openDoor, silentLogger } from '@plinth/kafka/testing';
import { eventually, TestDatabase, testDatabaseUrl, testKafkaBrokers } from '@plinth/testing';
import { SchedulerConfig } from './config.js';
import { createApp } from './create-app.js';
import { migrations, schema } from './migrations/index.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await TestDatabase.create([{ schema, migrations }]);
});
afterAll(() => database.drop());

describe('scheduler', () => {
  it('starts without PostgreSQL and Kafka and tells the truth about both', async () => {
    const postgres = await openDoor(testDatabaseUrl(), '5432');
    const kafka = await openDoor(testKafkaBrokers()[0] ?? '');
    await Promise.all([postgres.shut(), kafka.shut()]);
    const through = (address: string) => Object.assign(new URL(address), { host: postgres.address }).href;
    const config = new SchedulerConfig({
      ...{ host: '127.0.0.1', port: 0, logLevel: 'silent', logFormat: 'json', databasePoolSize: 2, internalHmacSecrets: [randomBytes(32)], publishedEventsKeptHours: 24 },
      ...{ idempotencySecrets: [randomBytes(32)], cursorSecrets: [randomBytes(32)] },
      internalKeys: [`seed.${randomBytes(32).toString('base64url')}`],
      appDatabaseUrl: through(database.appUrl(schema)),
      systemDatabaseUrl: through(database.systemUrl(schema)),
      drainDelayMs: 0,
      tenantServiceUrl: 'http://127.0.0.1:1',
      otlpEndpoint: '',
      kafkaBrokers: [kafka.address],
    });
    const app = await createApp(config, silentLogger);
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
    const ready = async () => {
      const answer = await app.inject({ method: 'GET', url: '/health/ready' });
      return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
    };

    expect((await app.inject({ method: 'GET', url: '/health/live' })).statusCode).toBe(200);
    expect(await ready()).toMatchObject({ status: 503, body: { code: 'not_ready' } });
    await postgres.open();
    await eventually(async () => expect(await ready()).toMatchObject({ status: 200, body: { status: 'degraded', degraded: ['kafka'] } }));
    await kafka.open();
    await eventually(async () => expect(await ready()).toMatchObject({ status: 200, body: { status: 'ok' } }));

    expect((await app.inject({ method: 'GET', url: '/metrics' })).body).toMatch(/^plinth_http_requests_total\{.*service="scheduler"\} \d+$/m);

    await app.close();
    await Promise.all([postgres.shut(), kafka.shut()]);
  });
});
