import { randomBytes } from 'node:crypto';
import { services } from '@plinth/contracts';
import { openDoor, silentLogger } from '@plinth/kafka/testing';
import { newId } from '@plinth/kernel';
import { outboxMigrations } from '@plinth/outbox';
import { eventually, TestDatabase, testDatabaseUrl, testKafkaBrokers } from '@plinth/testing';
import { OutboxRelayConfig } from './config.js';
import { createApp } from './create-app.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await TestDatabase.create(services.map(({ schema }) => ({ schema, migrations: outboxMigrations(schema) })));
});
afterAll(() => database.drop());

/** The application with a door to PostgreSQL and one to Kafka, both shut. */
async function setup() {
  const postgres = await openDoor(testDatabaseUrl(), '5432');
  const kafka = await openDoor(testKafkaBrokers()[0] ?? '');
  await Promise.all([postgres.shut(), kafka.shut()]);
  const through = (address: string) => Object.assign(new URL(address), { host: postgres.address }).href;
  const config = new OutboxRelayConfig({
    ...{ host: '127.0.0.1', port: 0, logLevel: 'silent', logFormat: 'json', databasePoolSize: 2, internalHmacSecrets: [randomBytes(32)] },
      internalKeys: [`seed.${randomBytes(32).toString('base64url')}`],
    appDatabaseUrl: through(database.appUrl('relay')),
    systemDatabaseUrl: through(database.systemUrl('relay')),
    kafkaBrokers: [kafka.address],
  });
  const app = await createApp(config, silentLogger);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  const get = async (url: string) => {
    const answer = await app.inject({ method: 'GET', url });
    return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
  };
  const close = async () => {
    await app.close();
    await Promise.all([postgres.shut(), kafka.shut()]);
  };
  return { get, postgres, kafka, [Symbol.asyncDispose]: close };
}

async function statusOf(schema: string, id: string): Promise<unknown> {
  const rows = await database.query(`SELECT status FROM ${schema}.event_outbox WHERE id = $1`, [id]);
  return rows[0]?.['status'];
}

describe('outbox-relay', () => {
  it('starts without PostgreSQL and Kafka, tells the truth about both, and publishes every outbox once they are there', async () => {
    await using relay = await setup();
    const written = [];
    for (const { schema } of services) {
      const id = newId();
      await database.query(
        `INSERT INTO ${schema}.event_outbox (id, event_type, event_version, payload, aggregate_id, aggregate_type) VALUES ($1, 'user.logged_in', 1, $2, $1, 'user')`,
        [id, JSON.stringify({ userId: id, sessionId: id })],
      );
      written.push({ schema, id });
    }
    expect(await relay.get('/health/live')).toMatchObject({ status: 200 });
    expect(await relay.get('/health/ready')).toMatchObject({ status: 503, body: { code: 'not_ready' } });
    await relay.postgres.open();
    await eventually(async () => expect(await relay.get('/health/ready')).toMatchObject({ status: 200, body: { status: 'degraded', degraded: ['kafka'] } }));
    await relay.kafka.open();
    await eventually(async () => expect(await relay.get('/health/ready')).toMatchObject({ status: 200, body: { status: 'ok' } }));
    for (const { schema, id } of written) await eventually(async () => expect(await statusOf(schema, id)).toBe('published'));
  });
});
