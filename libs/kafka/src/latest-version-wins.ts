import { rolesOf } from '@plinth/contracts';
import type { Migration, Tx } from '@plinth/database';
import type { ReceivedEvent } from './on-event.js';

/**
 * Marks a class whose handlers keep a state by aggregate that later events supersede, such as "suspended or not":
 *
 *     @Controller()
 *     @LatestVersionWins('tenant_status')
 *     export class KeepTenantStatus { @OnEvent('tenant.suspended', 1) ... @OnEvent('tenant.restored', 1) ... }
 *
 * An event whose aggregate's version (`ce_sequence`) is not above the last one that the class has handled is stale: it is
 * recorded in the inbox, counted, and not handed over. So a dead letter that an operator sends again does not undo what came
 * since. An event without a version cannot be placed, and becomes a dead letter at once (`missing_ce_sequence`).
 *
 * For states that one event gives whole. Where each event adds its own part (a sum, a log, one field of many), the earlier
 * ones are needed too, and this would drop them.
 *
 * @param state names what is kept, within the consumer group; renamed, it forgets which versions it has seen
 */
export function LatestVersionWins(state: string): ClassDecorator {
  return (target) => Reflect.defineMetadata(stateKey, state, target);
}

/** The state that a class keeps, where it was marked by `LatestVersionWins`. */
export function stateKeptBy(handlers: object): string | undefined {
  return Reflect.getMetadata(stateKey, handlers) as string | undefined;
}

const stateKey = Symbol('plinth.latest-version-wins');

/**
 * The table of `LatestVersionWins`, for a schema that has such handlers. It has no tenant: a row says which version of an
 * aggregate was seen, and holds nothing of it. There are as many rows as aggregates of the states that it guards; they stay,
 * for an old event may come as long as the topic, or an operator, keeps it.
 */
export function latestVersionMigrations(schema: string): readonly Migration[] {
  const { app, system } = rolesOf(schema);
  return [
    {
      name: 'aggregate_seen_0001',
      up: `
        CREATE TABLE ${schema}.aggregate_seen (
          consumer_group text NOT NULL,
          state text NOT NULL,
          aggregate_type text NOT NULL,
          aggregate_id text NOT NULL,
          version bigint NOT NULL,
          CONSTRAINT aggregate_seen_pkey PRIMARY KEY (consumer_group, state, aggregate_type, aggregate_id)
        );
        GRANT SELECT, INSERT, UPDATE (version) ON ${schema}.aggregate_seen TO ${app}, ${system};`,
      down: `DROP TABLE ${schema}.aggregate_seen;`,
    },
  ];
}

/**
 * Notes the versions of events as seen, in the transaction of their handler. Two consumers with events of one aggregate wait for
 * one another here, so the later version stays whichever comes first.
 *
 * @returns the events that are newer than all that this state has seen of their aggregate, in the order given
 */
export async function withoutStale<E extends ReceivedEvent>(tx: Tx, schema: string, group: string, state: string, events: readonly E[]): Promise<E[]> {
  const rows = await tx.query<{ aggregate_type: string; aggregate_id: string; before: string | null }>(advanceVersions(schema), [
    ...[group, state],
    events.map(({ aggregateType }) => aggregateType),
    events.map(({ aggregateId }) => aggregateId),
    events.map(({ sequence }) => sequence),
  ]);
  const seen = new Map(rows.map((row) => [nameOf(row.aggregate_type, row.aggregate_id), row.before === null ? -1n : BigInt(row.before)]));
  return events.filter(({ aggregateType, aggregateId, sequence }) => {
    const name = nameOf(aggregateType, aggregateId);
    const last = seen.get(name);
    // No row: not even the newest of them is news.
    if (last === undefined || sequence === null || BigInt(sequence) <= last) return false;
    seen.set(name, BigInt(sequence));
    return true;
  });
}

/**
 * Sorted, so that two consumers with some of the same aggregates wait for one another and never both. `old` is the row before
 * (PostgreSQL 18): null where there was none.
 */
const advanceVersions = (schema: string) => `
  INSERT INTO ${schema}.aggregate_seen (consumer_group, state, aggregate_type, aggregate_id, version)
  SELECT $1, $2, aggregate_type, aggregate_id, max(version)
  FROM unnest($3::text[], $4::text[], $5::bigint[]) AS received (aggregate_type, aggregate_id, version)
  GROUP BY aggregate_type, aggregate_id
  ORDER BY aggregate_type, aggregate_id
  ON CONFLICT ON CONSTRAINT aggregate_seen_pkey DO UPDATE SET version = excluded.version WHERE aggregate_seen.version < excluded.version
  RETURNING aggregate_type, aggregate_id, old.version AS before`;

function nameOf(aggregateType: string, aggregateId: string): string {
  return JSON.stringify([aggregateType, aggregateId]);
}
