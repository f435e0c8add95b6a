import { platformLogId } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import { silentLogger } from '@plinth/kafka/testing';
import { newId } from '@plinth/kernel';
import { declaredConsumers } from '@plinth/outbox';
import { Metrics } from '@plinth/telemetry';
import { seriesOf, TestGateway, type TestDatabase } from '@plinth/testing';
import { bootRelay, createRelayDatabase, operator, relayConfig, type RelayUnderTest } from '../testing.js';
import { conservationPolicy } from './conservation-policy.js';
import { ConservationWorker } from './conservation-worker.js';
import { ConservationRepository } from './conservation.repository.js';

let database: TestDatabase;
let relay: RelayUnderTest;
const viewer = operator('PLATFORM_VIEWER');

beforeAll(async () => {
  database = await createRelayDatabase();
  const gateway = new TestGateway('outbox-relay');
  // Nobody listens there: nothing is published by itself.
  relay = await bootRelay(relayConfig(database, gateway, { kafkaBrokers: ['127.0.0.1:1'] }), gateway, []);
  // The tests check when they mean to.
  await relay.app.get(ConservationWorker).stop();
});
beforeEach(() => database.query('TRUNCATE relay.conservation, relay.conservation_mark, relay.consumer_start, relay.dead_letter, tenancy.event_outbox, audit.event_outbox, audit.inbox'));
afterAll(async () => {
  await relay.close();
  await database.drop();
});

function newWorker(consumers = declaredConsumers()): ConservationWorker {
  return new ConservationWorker(relay.app.get(Transactor), new ConservationRepository(), { ...conservationPolicy, consumers }, silentLogger, new Metrics('test'));
}

/** Until nothing is left to be checked. */
async function check(worker = newWorker()): Promise<void> {
  while ((await worker.runOnce(new AbortController().signal)) === 'at_once');
}

interface Told {
  readonly status?: string;
  readonly type?: string;
  readonly minutesAgo?: number;
  readonly handled?: boolean;
  /** Of a letter, by its status. */
  readonly letters?: readonly string[];
}

/** An event of tenant-service for the audit trail, and what became of it. */
async function tell({ status = 'published', type = 'audit.recorded', minutesAgo = 10, handled = false, letters = [] }: Told = {}): Promise<string> {
  const id = newId();
  await database.query(
    `INSERT INTO tenancy.event_outbox (id, event_type, event_version, payload, aggregate_id, aggregate_type, status, created_at, processed_at)
     VALUES ($1, $2, 1, '{}', $3, 'audit_log', $4, now() - $5 * interval '1 minute', now() - $5 * interval '1 minute')`,
    [id, type, platformLogId, status, minutesAgo],
  );
  if (handled) await handle(id, minutesAgo);
  for (const letter of letters) await putAside(id, letter);
  return id;
}

async function handle(id: string, minutesAgo = 10): Promise<void> {
  await database.query(
    `INSERT INTO audit.inbox (consumer_group, event_id, topic, partition, "offset", source, event_time, received_at)
     VALUES ('audit-service', $1, 'plinth.audit', 0, 0, 'plinth/tenant-service', now() - $2 * interval '1 minute', now() - $2 * interval '1 minute')`,
    [id, minutesAgo],
  );
}

let place = 0;
async function putAside(id: string, status: string): Promise<void> {
  await database.query(
    `INSERT INTO relay.dead_letter (id, letter_topic, letter_partition, letter_offset, letter_at, consumer_group, topic, partition, "offset", event_id, headers, replay_count, status, discarded_at, discard_reason)
     VALUES ($1, 'plinth.dead-letter', 0, $2, now(), 'audit-service', 'plinth.audit', 0, $2, $3, '[]', 0, $4, CASE $4 WHEN 'discarded' THEN now() END, CASE $4 WHEN 'discarded' THEN 'why' END)`,
    [newId(), ++place, id, status],
  );
}

const get = async (path = '') => (await relay.call('GET', `/v1/admin/conservation${path}`, viewer)).body['data'] as Record<string, unknown>[];
const balanceOf = async (group: string | null) => (await get()).find((row) => row['source'] === 'tenant-service' && row['group'] === group);

describe('the standing check', () => {
  it('balances what was published and handled, put aside or discarded, each id once', async () => {
    for (let n = 0; n < 5; n += 1) await tell({ handled: true, minutesAgo: 5 + 7 * n });
    await tell({ letters: ['pending'] });
    await tell({ letters: ['redriven'] });
    await tell({ letters: ['redriven', 'discarded'] });
    await tell({ letters: ['redriven', 'redriven'], handled: true });
    await tell({ type: 'user.logged_in' });
    await check();
    expect(await balanceOf(null)).toMatchObject({ committed: 10, published: 10, skipped: 0, waiting: 0, unbalancedMinutes: 0 });
    expect(await balanceOf('audit-service')).toMatchObject({ published: 9, handled: 6, dead: 2, discarded: 1, missing: 0, surplus: 0, unbalancedMinutes: 0 });
    expect(await get('/unbalanced')).toEqual([]);
  });

  it('names what was published and neither handled nor put aside, until it is', async () => {
    await tell({ handled: true });
    const lost = await tell();
    await check();
    expect(await get('/unbalanced')).toMatchObject([{ source: 'tenant-service', group: 'audit-service', published: 2, handled: 1, missing: 1, closed: false, ids: { missing: [lost], waiting: [], surplus: [] } }]);
    expect(await get('/unbalanced?source=audit-service')).toEqual([]);
    await handle(lost);
    await check();
    expect(await get('/unbalanced')).toEqual([]);
  });

  it('names what waits, and neither what was skipped nor what is younger than the grace', async () => {
    const held = await tell({ status: 'failed' });
    const skipped = await tell({ status: 'failed' });
    await database.query('UPDATE tenancy.event_outbox SET skipped_at = now() WHERE id = $1', [skipped]);
    await tell({ status: 'pending', minutesAgo: 0 });
    await check();
    expect(await get('/unbalanced')).toMatchObject([{ group: null, committed: 2, skipped: 1, waiting: 1, ids: { waiting: [held] } }]);
  });

  it('names what was handled and is in no outbox, and nothing that an outbox may have let go of', async () => {
    const gone = await tell({ handled: true });
    await database.query('DELETE FROM tenancy.event_outbox WHERE id = $1', [gone]);
    await handle(newId(), 70);
    await tell({ handled: true, minutesAgo: 75 });
    await check();
    expect(await get('/unbalanced')).toMatchObject([{ group: 'audit-service', surplus: 1, ids: { surplus: [gone] } }]);
  });

  it('keeps its verdicts when the rows are purged, and gives no alarm for that', async () => {
    const fine = [];
    for (let n = 0; n < 4; n += 1) fine.push(await tell({ handled: true, minutesAgo: 20 }));
    const lost = await tell({ minutesAgo: 10 });
    const beside = await tell({ handled: true, minutesAgo: 10 });
    await check();
    await database.query('DELETE FROM tenancy.event_outbox WHERE id = ANY ($1)', [[...fine, beside]]);
    await check();
    expect(await balanceOf('audit-service')).toMatchObject({ published: 6, handled: 5, missing: 1, unbalancedMinutes: 1 });
    expect(await get('/unbalanced')).toMatchObject([{ closed: true, missing: 1, ids: { missing: [lost] } }]);
    await database.query('TRUNCATE tenancy.event_outbox');
    await check();
    expect(await balanceOf('audit-service')).toMatchObject({ published: 6, handled: 5, missing: 1, unbalancedMinutes: 1 });
  });

  it('counts a type only since it is a group’s, and all there is where the group is new', async () => {
    const [declared] = declaredConsumers();
    await tell({ handled: true });
    await check();
    const starts = { ...declared!.starts, 'user.logged_in': '-infinity' };
    await tell({ type: 'user.logged_in', minutesAgo: 4 });
    await database.query('DELETE FROM relay.conservation_mark');
    await check(newWorker([{ ...declared!, starts }]));
    expect(await balanceOf('audit-service')).toMatchObject({ published: 1, handled: 1, missing: 0 });
    await database.query('TRUNCATE relay.consumer_start, relay.conservation_mark');
    await check(newWorker([{ ...declared!, starts }]));
    expect(await balanceOf('audit-service')).toMatchObject({ published: 2, missing: 1 });
  });

  it('counts once where two replicas check at the same time, and goes on where it ended', async () => {
    for (let n = 0; n < 3; n += 1) await handle(newId(), 5);
    await tell({ minutesAgo: 45, handled: true });
    await Promise.all([check(), check(), check()]);
    await check();
    expect(await balanceOf('audit-service')).toMatchObject({ surplus: 3, published: 1, handled: 1 });
    await tell({ minutesAgo: 20 });
    await check();
    expect(await balanceOf(null)).toMatchObject({ committed: 1 });
  });

  it('shows in metrics what does not balance', async () => {
    await tell();
    await tell({ status: 'pending' });
    await check();
    const { body } = await relay.app.get(Metrics).text();
    const broken = [...seriesOf(body, 'plinth_conservation_broken_events')].filter(([, value]) => value > 0).map(([labels, value]) => [/group="([^"]*)"/.exec(labels)?.[1], /fault="([^"]*)"/.exec(labels)?.[1], value]);
    expect(broken).toEqual(expect.arrayContaining([['audit-service', 'missing', 1], ['', 'waiting', 1]]));
    expect([...seriesOf(body, 'plinth_conservation_unbalanced_minutes').values()].filter((value) => value > 0)).toEqual([1, 1]);
    expect(seriesOf(body, 'plinth_conservation_lag_seconds').size).toBe(6);
  });
});
