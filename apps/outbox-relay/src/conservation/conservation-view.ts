import { shape, type Described } from '@plinth/http';

const counts = {
  source: shape.text('The service that told the events.'),
  group: shape.nullable(shape.text('The consumer group; null for the outbox itself, whose events are published, skipped or waiting.')),
  committed: shape.integer(),
  published: shape.integer('Of a group: published events that are its to handle.'),
  skipped: shape.integer(),
  waiting: shape.integer('Neither published nor skipped.'),
  handled: shape.integer(),
  dead: shape.integer('In a dead letter, and not handled since.'),
  discarded: shape.integer(),
  missing: shape.integer('Published, and neither handled nor in a dead letter.'),
  surplus: shape.integer('Handled, and in no outbox.'),
};

/** The last day of an outbox, or of a group that is told by it. */
export const balanceShape = shape.named(
  'ConservationBalance',
  shape.record({ ...counts, minutes: shape.integer('Minutes with events.'), unbalancedMinutes: shape.integer(), checkedUntil: shape.nullable(shape.dateTime()), checkedAt: shape.nullable(shape.dateTime()) }),
);
export type BalanceView = Described<typeof balanceShape>;

const ids = (description: string) => shape.list(shape.uuid(), description);

/** A minute that does not balance, with ids that break it: of each kind the first 20 that can still be found. */
export const unbalancedMinuteShape = shape.named(
  'UnbalancedMinute',
  shape.record({
    ...counts,
    minute: shape.dateTime('Of the telling: its begin.'),
    closed: shape.boolean('Its rows are purged: the verdict stays.'),
    checkedAt: shape.dateTime(),
    ids: shape.record({ waiting: ids('Of the outbox.'), missing: ids('Of the group.'), surplus: ids('Of the group.') }),
  }),
);
export type UnbalancedMinuteView = Described<typeof unbalancedMinuteShape>;

type Counts = Pick<BalanceView, keyof typeof counts>;

export function countsView(row: Omit<Counts, 'group'> & { readonly consumer_group: string }): Counts {
  const { source, consumer_group: group, committed, published, skipped, waiting, handled, dead, discarded, missing, surplus } = row;
  return { source, group: group === '' ? null : group, committed, published, skipped, waiting, handled, dead, discarded, missing, surplus };
}
