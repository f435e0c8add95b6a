import { eventually, testDatabaseUrl } from '@plinth/testing';
import { headersOf, keysOfTwoPartitions, numbers, SampleGroups, SingleHandlers } from './sample-group/testing.js';
import { openDoor, watchedKafka } from './testing.js';

let groups: SampleGroups;
beforeAll(async () => {
  groups = await SampleGroups.open();
});
afterEach(() => groups.cleanUp());
afterAll(() => groups.database.drop());

/** Heartbeats go out every 1.5 s: so many take longer than the session's 6 s. */
const heartbeatsOfASession = 6;

describe('a member of a consumer group', () => {
  it('keeps its partitions while a handler takes longer than its session, and the effect happens once', async () => {
    const test = await groups.create({ handlers: SingleHandlers, partitions: 2 });
    test.behaviour.after = async ({ payload: { n } }, tx) => {
      if (n === 1) await tx.query('SELECT pg_sleep(8)');
    };
    const watched = [watchedKafka(test.kafka), watchedKafka(test.kafka)] as const;
    const replicas = [await test.start(watched[0].client), await test.start(watched[1].client)] as const;
    const members = await eventually(async () => {
      const ids = await test.members();
      expect(ids).toHaveLength(2);
      return ids;
    });
    const before = watched.map(({ seen }) => seen.joins);
    const [slow, quick] = keysOfTwoPartitions();
    await test.publish(test.event(1, undefined, slow), test.event(2, undefined, quick));
    await eventually(async () => expect(await test.effects()).toEqual([2]));
    await test.publish(test.event(3, undefined, slow), test.event(4, undefined, quick));
    await eventually(async () => expect(await test.effects()).toEqual([2, 4]));
    await eventually(async () => expect((await test.effects()).sort()).toEqual([1, 2, 3, 4]), { withinMs: 20_000 });
    expect(await test.members()).toEqual(members);
    expect(watched.map(({ seen }) => seen.joins)).toEqual(before);
    expect(replicas.reduce((sum, { counters }) => sum + counters.handled, 0)).toBe(4);
    for (const { counters } of replicas) expect(counters).toMatchObject({ duplicates: 0, failedAttempts: 0 });
  });

  it('stays one, and fetches nothing more, while its database is away for longer than its session', async () => {
    const door = await openDoor(testDatabaseUrl(), '5432');
    groups.afterwards(() => door.shut());
    const test = await groups.create({ handlers: SingleHandlers, through: door.address });
    const { client, seen } = watchedKafka(test.kafka);
    const { counters } = await test.start(client);
    await test.publish(test.event(0));
    await eventually(async () => expect(await test.effects()).toEqual([0]));
    const members = await test.members();
    await door.shut();
    await test.publish(test.event(1));
    await eventually(() => expect(test.log).toContain('consumer waits for its database'));
    const before = { ...seen };
    await test.publish(...numbers(100).map((n) => test.event(n + 2)));
    await eventually(() => expect(seen.heartbeats).toBeGreaterThanOrEqual(before.heartbeats + heartbeatsOfASession), { withinMs: 20_000 });
    expect(seen).toMatchObject({ joins: before.joins, rebalances: before.rebalances, fetches: before.fetches });
    await door.open();
    await eventually(async () => expect(await test.effects()).toEqual(numbers(102)));
    expect(await test.members()).toEqual(members);
    expect(counters).toMatchObject({ handled: 102, duplicates: 0, failedAttempts: 0, deadLettered: 0 });
  });

  it('that dies between its dead letter and its offset leaves the same letter again, by which the desk knows it', async () => {
    const test = await groups.create({ handlers: SingleHandlers });
    await test.publish({ ...test.event(0), value: Buffer.from([0x7b, 0xff]) });
    const crashed = await test.start();
    await eventually(() => expect(crashed.counters.deadLettered).toBe(1));
    await crashed.stop();
    await test.setOffset('0');
    const { counters } = await test.start();
    await eventually(() => expect(counters.deadLettered).toBe(1));
    const letters = (await test.deadLetters()).map(({ key, value, headers }) => ({ key, value, headers: { ...headersOf({ headers }), dlq_failed_at: '' } }));
    expect(letters).toHaveLength(2);
    expect(letters[1]).toEqual(letters[0]);
  });
});
