import { eventually } from '@plinth/testing';
import { BatchHandlers, headersOf, numbers, sampleSchema, SampleGroups } from './sample-group/testing.js';

let groups: SampleGroups;
beforeAll(async () => {
  groups = await SampleGroups.open();
});
afterEach(() => groups.cleanUp());
afterAll(() => groups.database.drop());

describe('InboxTransport with a handler of batches', () => {
  const setup = () => groups.create({ handlers: BatchHandlers });

  it('commits the effects of consecutive events, of whatever tenants, with their inbox rows in one transaction', async () => {
    const test = await setup();
    await test.publish(...numbers(50).map((n) => test.event(n)));
    await test.start();
    await eventually(async () => expect(await test.effects()).toEqual(numbers(50)));
    const transactions = await groups.database.query(
      `SELECT DISTINCT effect.xmin::text, handled.xmin::text AS inbox FROM ${sampleSchema}.effect JOIN ${sampleSchema}.inbox handled USING (event_id)`,
    );
    expect(transactions).toHaveLength(1);
    expect(transactions[0]?.['xmin']).toBe(transactions[0]?.['inbox']);
  });

  it('puts one in a hundred aside that fails, and handles the others in order, each once', async () => {
    const test = await setup();
    test.behaviour.after = async ({ payload: { n } }) => {
      if (n === 57) throw new Error('never');
    };
    await test.publish(...numbers(100).map((n) => test.event(n)));
    const { counters } = await test.start();
    const others = numbers(100).filter((n) => n !== 57);
    await eventually(async () => expect(await test.effects()).toEqual(others));
    expect(counters).toMatchObject({ handled: 99, duplicates: 0, deadLettered: 1 });
    expect((await test.deadLetters()).map((letter) => headersOf(letter)['dlq_attempts'])).toEqual(['5']);
    expect(await test.inboxRows()).toBe(99);
  });

  it('drops from a batch what was handled before a crash, and handles the rest', async () => {
    const test = await setup();
    await test.publish(...numbers(20).map((n) => test.event(n)));
    const crashed = await test.start();
    await eventually(async () => expect(await test.effects()).toHaveLength(20));
    await crashed.stop();
    // As if it had died between its commit and its offsets.
    await test.setOffset('5');
    await test.publish(...numbers(10).map((n) => test.event(20 + n)));
    const { counters } = await test.start();
    await eventually(async () => expect(await test.effects()).toEqual(numbers(30)));
    await eventually(() => expect(counters).toMatchObject({ handled: 10, duplicates: 15, failedAttempts: 0 }));
  });

  it('finishes the batch in hand when it is stopped, and commits its offset', async () => {
    const test = await setup();
    const [begun, mayEnd] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    test.behaviour.after = async ({ payload: { n } }) => {
      if (n !== 3) return;
      begun.resolve();
      await mayEnd.promise;
    };
    await test.publish(...numbers(10).map((n) => test.event(n)));
    const first = await test.start();
    await begun.promise;
    const stopped = first.stop();
    mayEnd.resolve();
    await stopped;
    expect(await test.effects()).toEqual(numbers(10));
    await test.publish(test.event(10));
    const { counters } = await test.start();
    await eventually(async () => expect(await test.effects()).toEqual(numbers(11)));
    expect(counters).toMatchObject({ handled: 1, duplicates: 0 });
  });
});
