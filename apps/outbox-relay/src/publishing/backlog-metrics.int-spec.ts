import { services } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import { newId } from '@plinth/kernel';
import { outboxMigrations } from '@plinth/outbox';
import { Metrics } from '@plinth/telemetry';
import { seriesOf, TestDatabase } from '@plinth/testing';
import { BacklogMetrics } from './backlog-metrics.js';

let database: TestDatabase;
let transactor: Transactor;

beforeAll(async () => {
  database = await TestDatabase.create(services.map(({ schema }) => ({ schema, migrations: outboxMigrations(schema) })));
  transactor = new Transactor({ appDatabaseUrl: database.appUrl('relay'), systemDatabaseUrl: database.systemUrl('relay'), poolSize: 1, applicationName: 'test' });
});
afterAll(async () => {
  await transactor.close();
  await database.drop();
});
afterEach(() => database.query('DELETE FROM tenancy.event_outbox'));

async function insert(status: string, ageSeconds: number): Promise<void> {
  const id = newId();
  await database.query(
    `INSERT INTO tenancy.event_outbox (id, event_type, event_version, payload, aggregate_id, aggregate_type, status, created_at)
     VALUES ($1, 'user.logged_in', 1, '{}', $1, 'user', $2, now() - $3 * interval '1 second')`,
    [id, status, ageSeconds],
  );
}

function setup() {
  const metrics = new Metrics('outbox-relay');
  const backlog = new BacklogMetrics(metrics, transactor);
  const series = async (name: string) => seriesOf((await metrics.text()).body, `plinth_outbox_${name}`);
  return { backlog, series };
}

const of = (source: string, label = '') => `{source="${source}"${label === '' ? '' : `,${label}`},service="outbox-relay"}`;

describe('the metrics of the outboxes', () => {
  it('show by source what waits, how old the oldest of it is, and what failed', async () => {
    for (const [status, age] of [['pending', 30], ['pending', 10], ['processing', 90], ['failed', 5_000], ['published', 9_000]] as const) await insert(status, age);
    const { series } = setup();
    const events = await series('events');
    expect(events.get(of('tenant-service', 'status="pending"'))).toBe(2);
    expect(events.get(of('tenant-service', 'status="processing"'))).toBe(1);
    expect(events.get(of('tenant-service', 'status="failed"'))).toBe(1);
    expect(events.get(of('gateway', 'status="pending"'))).toBe(0);
    const age = await series('oldest_unpublished_seconds');
    expect(age.get(of('tenant-service'))).toBeGreaterThanOrEqual(90);
    expect(age.get(of('tenant-service'))).toBeLessThan(150);
    expect(age.get(of('gateway'))).toBe(0);
  });

  it('ask the database once for many scrapes', async () => {
    const { series } = setup();
    await series('events');
    await insert('pending', 1);
    expect((await series('events')).get(of('tenant-service', 'status="pending"'))).toBe(0);
  });

  it('count what was published, refused, and how often Kafka took nothing', async () => {
    const { backlog, series } = setup();
    backlog.ran('gateway', { published: 7, failed: 2, unavailable: undefined });
    backlog.ran('gateway', { published: 0, failed: 0, unavailable: 'ECONNREFUSED' });
    expect((await series('published_total')).get(of('gateway'))).toBe(7);
    const failures = await series('publish_failures_total');
    expect(failures.get(of('gateway', 'reason="refused"'))).toBe(2);
    expect(failures.get(of('gateway', 'reason="unavailable"'))).toBe(1);
  });
});
