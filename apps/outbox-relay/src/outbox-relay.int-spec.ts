import { services } from '@plinth/contracts';
import { openDoor } from '@plinth/kafka/testing';
import { newId } from '@plinth/kernel';
import { eventually, TestGateway, testDatabaseUrl, testKafkaBrokers, type TestDatabase } from '@plinth/testing';
import { bootRelay, createRelayDatabase, operator, relayConfig } from './testing.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await createRelayDatabase();
});
afterAll(() => database.drop());

/** The application with a door to PostgreSQL and one to Kafka, both shut. */
async function setup() {
  const postgres = await openDoor(testDatabaseUrl(), '5432');
  const kafka = await openDoor(testKafkaBrokers()[0] ?? '');
  await Promise.all([postgres.shut(), kafka.shut()]);
  const through = (address: string) => Object.assign(new URL(address), { host: postgres.address }).href;
  const gateway = new TestGateway('outbox-relay');
  const config = relayConfig(database, gateway, {
    databasePoolSize: 2,
    appDatabaseUrl: through(database.appUrl('relay')),
    systemDatabaseUrl: through(database.systemUrl('relay')),
    kafkaBrokers: [kafka.address],
  });
  const relay = await bootRelay(config, gateway, []);
  const get = (path: string) => relay.call('GET', path);
  const close = async () => {
    await relay.close();
    await Promise.all([postgres.shut(), kafka.shut()]);
  };
  return { get, call: relay.call, postgres, kafka, [Symbol.asyncDispose]: close };
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
    const { body } = await relay.call('GET', '/v1/admin/outbox', operator('PLATFORM_VIEWER'));
    expect(body['data']).toEqual(
      services.map(({ name }) => ({ source: name, counts: { pending: 0, processing: 0, published: expect.any(Number) as number, failed: 0, skipped: 0 }, oldestPendingSeconds: null })),
    );
  });
});
