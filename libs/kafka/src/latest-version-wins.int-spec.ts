import { redriveTopicOf } from '@plinth/contracts';
import { newId } from '@plinth/kernel';
import { eventually } from '@plinth/testing';
import { withoutStale } from './latest-version-wins.js';
import type { ReceivedEvent } from './on-event.js';
import { headersOf, LatestBatchHandlers, LatestHandlers, sampleSchema, SampleGroups } from './sample-group/testing.js';
import { uniqueName } from './testing.js';

let groups: SampleGroups;
beforeAll(async () => {
  groups = await SampleGroups.open();
});
afterEach(() => groups.cleanUp());
afterAll(() => groups.database.drop());

describe.each([
  { name: 'one event at a time', handlers: LatestHandlers },
  { name: 'in batches', handlers: LatestBatchHandlers },
])('@LatestVersionWins, $name', ({ handlers }) => {
  it('does not let an event that is sent again undo what came since, and records it as seen through', async () => {
    const test = await groups.create({ handlers, redriven: true });
    const aggregate = newId();
    const version = (n: number) => test.event(n, newId(), aggregate, String(n));
    const late = version(2);
    let broken = true;
    test.behaviour.after = async ({ payload: { n } }) => {
      if (n === 2 && broken) throw new Error('broken');
    };
    await test.publish(version(1), late, version(3));
    const { counters } = await test.start();
    await eventually(async () => expect(await test.effects()).toEqual([1, 3]));
    expect(counters).toMatchObject({ handled: 2, deadLettered: 1, stale: 0 });
    broken = false;
    const [letter] = await test.deadLetters();
    await test.publish({ ...late, topic: redriveTopicOf(test.group), headers: { ...headersOf(letter), dlq_replay_count: '1' } });
    await eventually(() => expect(counters.stale).toBe(1));
    expect(await test.inboxRows()).toBe(3);
    await test.publish(version(4));
    await eventually(async () => expect(await test.effects()).toEqual([1, 3, 4]));
    expect(counters).toMatchObject({ handled: 3, duplicates: 0, stale: 1, deadLettered: 1 });
  });

  it('forgets a version whose handler failed: its next try is no stale one', async () => {
    const test = await groups.create({ handlers });
    let failures = 0;
    test.behaviour.after = async () => {
      if (failures++ < 2) throw new Error('not yet');
    };
    await test.publish(test.event(1, newId(), newId(), '7'));
    const { counters } = await test.start();
    await eventually(async () => expect(await test.effects()).toEqual([1]));
    expect(counters).toMatchObject({ failedAttempts: 2, handled: 1, stale: 0 });
  });

  it('puts an event without a version aside at once: nobody can say where it belongs', async () => {
    const test = await groups.create({ handlers });
    await test.publish(test.event(1), test.event(2, newId(), newId(), '1'));
    const { counters } = await test.start();
    await eventually(async () => expect(await test.effects()).toEqual([2]));
    expect(counters).toMatchObject({ failedAttempts: 0, deadLettered: 1 });
    expect((await test.deadLetters()).map((letter) => headersOf(letter)['dlq_error'])).toEqual(['UndecodableEvent:missing_ce_sequence']);
  });
});

describe('withoutStale', () => {
  const one = newId();
  const at = (aggregateId: string, sequence: number) => ({ aggregateType: 'sample', aggregateId, sequence: String(sequence) }) as ReceivedEvent;
  const versions = (events: readonly ReceivedEvent[]) => events.map(({ sequence }) => Number(sequence));

  async function setup() {
    const { transactor } = await groups.create({ handlers: LatestHandlers });
    const group = uniqueName('group');
    return {
      transactor,
      pass: (events: readonly ReceivedEvent[], state = 'sample', of = group) =>
        transactor.run({ tenantId: null, principalId: null }, async (tx) => versions(await withoutStale(tx, sampleSchema, of, state, events))),
    };
  }

  it('lets through what is newer than all before it, also within one batch', async () => {
    const { pass } = await setup();
    expect(await pass([at(one, 2), at(one, 1), at(one, 3), at(one, 3)])).toEqual([2, 3]);
    expect(await pass([at(one, 3), at(one, 1)])).toEqual([]);
    expect(await pass([at(one, 1), at(one, 4), at(one, 5), at(one, 2)])).toEqual([4, 5]);
  });

  it('keeps aggregates, states and groups apart', async () => {
    const { pass } = await setup();
    expect(await pass([at(one, 5), at('other', 1)])).toEqual([5, 1]);
    expect(await pass([at(one, 4)], 'other')).toEqual([4]);
    expect(await pass([at(one, 3)], 'sample', uniqueName('group'))).toEqual([3]);
    expect(await pass([{ ...at(one, 2), aggregateType: 'other' }])).toEqual([2]);
    expect(await pass([at(one, 4), at('other', 2)])).toEqual([2]);
  });

  it('holds versions that no JavaScript number does', async () => {
    const { pass } = await setup();
    const large = (sequence: string) => ({ ...at(one, 1), sequence });
    expect(await pass([large('9007199254740992')])).toHaveLength(1);
    expect(await pass([large('9007199254740993')])).toHaveLength(1);
    expect(await pass([large('9007199254740993')])).toEqual([]);
  });

  it('ends at the newest, whichever of two consumers comes first, in whatever order', async () => {
    const { pass } = await setup();
    for (let round = 1; round <= 10; round += 1) {
      const ids = Array.from({ length: 50 }, () => newId());
      const [older, newer] = await Promise.all([pass(ids.map((id) => at(id, 1))), pass(ids.toReversed().map((id) => at(id, 2)))]);
      expect(newer).toHaveLength(50);
      expect([0, 50]).toContain(older.length);
      expect(await pass(ids.map((id) => at(id, 2)))).toEqual([]);
    }
  });
});
