import { EventSchemas } from '@plinth/contracts';
import { newId } from '@plinth/kernel';
import type { Metrics } from '@plinth/telemetry';
import { eventually, seriesOf, testDatabaseUrl, testKafkaBrokers } from '@plinth/testing';
import type { OutgoingMessage } from './event-producer.js';
import { InboxTransport } from './inbox-transport.js';
import { BatchHandlers, headersOf, keysOfTwoPartitions, numbers, SampleGroups, SingleHandlers } from './sample-group/testing.js';
import { openDoor, silentLogger, testKafka } from './testing.js';

let groups: SampleGroups;
beforeAll(async () => {
  groups = await SampleGroups.open();
});
afterEach(() => groups.cleanUp());
afterAll(() => groups.database.drop());

/** How many tries of handlers were timed, by how they ended. */
async function attemptsOf({ metrics }: { metrics: Metrics }): Promise<Record<string, number>> {
  const series = seriesOf((await metrics.text()).body, 'plinth_consumer_attempt_seconds_count');
  return Object.fromEntries([...series].map(([labels, count]) => [/outcome="(\w+)"/.exec(labels)?.[1] ?? '', count]));
}

describe.each([
  { name: 'one event at a time', handlers: SingleHandlers, triesOfOneInThree: 5 },
  // Three together, the first two together, then alone.
  { name: 'in batches', handlers: BatchHandlers, triesOfOneInThree: 7 },
])('InboxTransport, $name', ({ handlers, triesOfOneInThree }) => {
  it('has one effect of an event that is delivered three times', async () => {
    const test = await groups.create({ handlers });
    const twice = test.event(1);
    await test.publish(twice, twice, test.event(2), twice, test.event(3));
    const { counters } = await test.start();
    await eventually(async () => expect(await test.effects()).toEqual([1, 2, 3]));
    await eventually(() => expect(counters).toMatchObject({ handled: 3, duplicates: 2, deadLettered: 0 }));
    expect(await test.inboxRows()).toBe(3);
  });

  it('tries a failing handler again, without a trace of the failures and in order', async () => {
    const test = await groups.create({ handlers });
    let failures = 0;
    test.behaviour.after = async (event) => {
      if (event.payload.n === 1 && failures++ < 2) throw new Error('not yet');
    };
    await test.publish(test.event(0), test.event(1), test.event(2));
    const { counters } = await test.start();
    await eventually(async () => expect(await test.effects()).toEqual([0, 1, 2]));
    expect(counters).toMatchObject({ failedAttempts: 2, handled: 3, deadLettered: 0 });
    expect(await test.inboxRows()).toBe(3);
    expect(await attemptsOf(test)).toMatchObject({ failed: 2 });
  });

  it('puts an event aside after five tries, keeps no row of it, and goes on', async () => {
    const test = await groups.create({ handlers });
    test.behaviour.after = async (event) => {
      if (event.payload.n === 1) throw Object.assign(new Error('about a@b.example'), { name: 'SampleError', code: 'sample_code' });
    };
    const bad = test.event(1);
    await test.publish(test.event(0), bad, test.event(2));
    const { counters } = await test.start();
    await eventually(async () => expect(await test.effects()).toEqual([0, 2]));
    expect(counters).toMatchObject({ failedAttempts: triesOfOneInThree, deadLettered: 1 });
    expect(await test.inboxRows()).toBe(2);
    const [letter, ...more] = await test.deadLetters();
    expect(more).toEqual([]);
    expect(headersOf(letter)).toMatchObject({ ...bad.headers, dlq_topic: test.topic, dlq_partition: '0', dlq_offset: '1', dlq_attempts: '5', dlq_error: 'SampleError:sample_code' });
    expect(JSON.stringify(headersOf(letter))).not.toContain('example');
  });

  it('puts what cannot be read aside at once, byte for byte, and handles the good ones around it', async () => {
    const test = await groups.create({ handlers });
    const good = numbers(6).map((n) => test.event(n));
    const poison: OutgoingMessage[] = [
      { ...test.event(0), value: Buffer.from([0x7b, 0xff, 0x00]), key: Buffer.from([0xfe, 0x00]) },
      { ...test.event(0), value: '{"n": ' },
      { ...test.event(0), value: '{"n": 1, "more": true}' },
      { ...test.event(0), headers: { ...test.event(0).headers, ce_type: 'sample.happened.v9' } },
      { ...test.event(0), headers: { ...test.event(0).headers, ce_type: 'sample.happened.v2' } },
      { topic: test.topic, key: null, value: 'no headers', headers: {} },
    ];
    await test.publish(...good.flatMap((event, n) => [event, poison[n]!]));
    const { counters } = await test.start();
    await eventually(async () => expect(await test.effects()).toEqual(numbers(6)));
    await eventually(() => expect(counters).toMatchObject({ deadLettered: 6, failedAttempts: 0 }));
    const letters = await test.deadLetters();
    const bytes = (part: string | Buffer | null) => (part === null ? null : Buffer.from(part).toString('hex'));
    expect(letters.map(({ key, value }) => [bytes(key), bytes(value)])).toEqual(poison.map(({ key, value }) => [bytes(key), bytes(value)]));
    expect(letters.map((letter) => headersOf(letter)['dlq_error'])).toEqual(
      ['malformed_utf8', 'malformed_json', 'schema_mismatch', 'unknown_event', 'unhandled_version', 'missing_ce_specversion'].map((code) => `UndecodableEvent:${code}`),
    );
    expect(new Set(letters.map((letter) => headersOf(letter)['dlq_attempts']))).toEqual(new Set(['1']));
    for (const [n, letter] of letters.entries()) expect(headersOf(letter)).toMatchObject(poison[n]!.headers);
  });

  it('skips and counts events that the group has no handler for', async () => {
    const test = await groups.create({ handlers });
    const other = test.event(7);
    await test.publish({ ...other, headers: { ...other.headers, ce_type: 'sample.ignored.v1' } }, test.event(8));
    const { counters } = await test.start();
    await eventually(async () => expect(await test.effects()).toEqual([8]));
    expect(counters).toMatchObject({ skipped: 1, handled: 1, deadLettered: 0 });
  });

  it('loses and doubles nothing over stops in the middle of the work', async () => {
    const test = await groups.create({ handlers, partitions: 3 });
    const keys = numbers(7).map(() => newId());
    await test.publish(...numbers(600).map((n) => test.event(n, newId(), keys[n % 7])));
    for (const target of [100, 250, 400]) {
      const replica = await test.start();
      await eventually(async () => expect((await test.effects()).length).toBeGreaterThanOrEqual(target));
      await replica.stop();
    }
    const { counters } = await test.start();
    await eventually(async () => expect((await test.effects()).length).toBe(600));
    const effects = await test.effects();
    expect(effects.toSorted((a, b) => a - b)).toEqual(numbers(600));
    for (const key of numbers(7)) {
      const ofKey = effects.filter((n) => n % 7 === key);
      expect(ofKey).toEqual(ofKey.toSorted((a, b) => a - b));
    }
    expect(counters.deadLettered).toBe(0);
    // A clean stop commits its offsets, so nothing was even delivered twice.
    expect(counters.duplicates).toBe(0);
  });

  it('waits for its database without using up tries, and then handles what waited', async () => {
    const door = await openDoor(testDatabaseUrl(), '5432');
    groups.afterwards(() => door.shut());
    const test = await groups.create({ handlers, through: door.address });
    const { counters } = await test.start();
    await test.publish(test.event(1));
    await eventually(async () => expect(await test.effects()).toEqual([1]));
    await door.shut();
    await test.publish(test.event(2));
    await eventually(() => expect(test.log).toContain('consumer waits for its database'));
    await door.open();
    await eventually(async () => expect(await test.effects()).toEqual([1, 2]));
    expect(test.log.filter((line) => line === 'consumer waits for its database')).toHaveLength(1);
    expect(counters).toMatchObject({ handled: 2, failedAttempts: 0, deadLettered: 0 });
    expect(await attemptsOf(test)).toEqual({ committed: 2, unavailable: expect.any(Number) as number });
  });

  it('starts without a broker and consumes once there is one', async () => {
    const test = await groups.create({ handlers });
    const door = await openDoor(testKafkaBrokers()[0] ?? '');
    await door.shut();
    await test.publish(test.event(1));
    const { transport } = await test.start(testKafka([door.address]));
    await eventually(() => expect(test.log).toEqual(['consumer lost its broker']));
    expect(transport.connected).toBe(false);
    await door.open();
    groups.afterwards(() => door.shut());
    await eventually(async () => expect(await test.effects()).toEqual([1]));
    expect(transport.connected).toBe(true);
    expect(test.log).toEqual(['consumer lost its broker', 'consumer joined its group again']);
  });

  it('shares the partitions with a second replica and takes them back from it, each event with one effect', async () => {
    const test = await groups.create({ handlers, partitions: 2 });
    const send = (from: number) => test.publish(...numbers(200).map((n) => test.event(from + n)));
    const effectsReach = (count: number) => eventually(async () => expect((await test.effects()).length).toBeGreaterThanOrEqual(count));
    await send(0);
    const first = await test.start();
    await effectsReach(20);
    const second = await test.start();
    await eventually(() => expect(second.transport.connected).toBe(true));
    await send(200);
    await eventually(() => expect(second.counters.handled).toBeGreaterThan(0));
    await second.stop();
    await send(400);
    await effectsReach(600);
    expect((await test.effects()).toSorted((a, b) => a - b)).toEqual(numbers(600));
    expect(first.counters.handled + second.counters.handled).toBe(600);
  });

  it('stops promptly right after its start', async () => {
    const test = await groups.create({ handlers });
    await test.publish(test.event(1));
    const replica = await test.start();
    const startedAt = performance.now();
    await replica.stop();
    expect(performance.now() - startedAt).toBeLessThan(3000);
  });
});

describe('InboxTransport', () => {
  it('goes on with the other partitions while one has nothing but events that fail', async () => {
    const test = await groups.create({ handlers: SingleHandlers, partitions: 2 });
    const [bad, good] = keysOfTwoPartitions();
    const failing = Promise.withResolvers<void>();
    test.behaviour.after = async ({ payload: { n } }) => {
      if (n !== 0) return;
      failing.resolve();
      throw new Error('never');
    };
    // Some 30 ms each.
    await test.publish(...numbers(500).map(() => test.event(0, newId(), bad)));
    const { counters } = await test.start();
    await failing.promise;
    await test.publish(test.event(1, newId(), good));
    await eventually(async () => expect(await test.effects()).toEqual([1]));
    expect(counters.deadLettered).toBeLessThan(500);
  });

  it('refuses to start with a handler of an event that is not registered', async () => {
    const test = await groups.create({ handlers: SingleHandlers });
    const strategy = new InboxTransport({ kafka: test.kafka, groupId: test.group, schema: 'x', transactor: test.transactor, logger: silentLogger, events: new EventSchemas([]) });
    strategy.addHandler('sample.happened.v1', async () => undefined, true);
    expect(() => strategy.listen(() => undefined)).toThrow(/sample\.happened\.v1/);
    expect(() => strategy.addHandler('sample.happened.v1', async () => undefined, true)).toThrow(/two handlers/);
  });
});
