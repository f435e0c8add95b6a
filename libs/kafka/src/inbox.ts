import { rolesOf } from '@plinth/contracts';
import type { Migration, Tx } from '@plinth/database';

/** What the inbox keeps of an event. */
interface InboxEntry {
  /** A UUID in lower case, as PostgreSQL gives it back. */
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  /** CloudEvents' `source`, whoever says so. */
  readonly source: string;
  /** When it was told. */
  readonly time: Date;
}

/**
 * The inbox of a service's schema. It has no tenant: a row says that a group has handled an event,
 * and holds nothing of what it says. The key leads with the group, so that a redrive to one group finds
 * its own row only.
 */
export function inboxMigrations(schema: string): readonly Migration[] {
  const { app, system } = rolesOf(schema);
  const scheduler = rolesOf('scheduler').system;
  const relay = rolesOf('relay').system;
  return [
    {
      name: 'inbox_0001',
      up: `
        CREATE TABLE ${schema}.inbox (
          consumer_group text NOT NULL,
          event_id uuid NOT NULL,
          topic text NOT NULL,
          partition int NOT NULL,
          "offset" bigint NOT NULL,
          received_at timestamptz NOT NULL DEFAULT now(),
          CONSTRAINT inbox_pkey PRIMARY KEY (consumer_group, event_id)
        );
        GRANT SELECT, INSERT ON ${schema}.inbox TO ${app};
        GRANT SELECT, INSERT, DELETE ON ${schema}.inbox TO ${system};`,
      down: `DROP TABLE ${schema}.inbox;`,
    },
    {
      name: 'inbox_0002_purge',
      up: `
        -- The purge walks by topic and age.
        CREATE INDEX idx_inbox_age ON ${schema}.inbox (topic, received_at);
        -- Deletes up to max_rows rows of a topic that were received before the given time, and says how many. Too early,
        -- and a message that Kafka still holds would be handled twice: the caller adds the topic's retention.
        CREATE FUNCTION ${schema}.purge_inbox(of_topic text, received_before timestamptz, max_rows int) RETURNS int
          LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
            WITH doomed AS MATERIALIZED (
              SELECT consumer_group, event_id FROM ${schema}.inbox
              WHERE topic = of_topic AND received_at < received_before
              ORDER BY received_at LIMIT max_rows FOR UPDATE SKIP LOCKED
            ), gone AS (
              DELETE FROM ${schema}.inbox handled USING doomed
              WHERE handled.consumer_group = doomed.consumer_group AND handled.event_id = doomed.event_id
              RETURNING handled.event_id
            )
            SELECT count(*)::int FROM gone
          $$;
        REVOKE ALL ON FUNCTION ${schema}.purge_inbox FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION ${schema}.purge_inbox TO ${scheduler};`,
      down: `
        DROP FUNCTION ${schema}.purge_inbox;
        DROP INDEX ${schema}.idx_inbox_age;`,
    },
    {
      name: 'inbox_0003_relay_reads',
      up: `
        -- Whose event it was and when it was told, so that what a group has handled can be held against what was told. Null
        -- in rows of before, and where a message says what no source of ours does. No index: that would cost each event one.
        ALTER TABLE ${schema}.inbox ADD COLUMN source text, ADD COLUMN event_time timestamptz;
        -- The relay follows what an operator sent again, and counts what was told and handled. Ids and places, no contents.
        GRANT SELECT ON ${schema}.inbox TO ${relay};`,
      down: `
        REVOKE SELECT ON ${schema}.inbox FROM ${relay};
        ALTER TABLE ${schema}.inbox DROP COLUMN event_time, DROP COLUMN source;`,
    },
  ];
}

/**
 * Records events as handled by this group, in the transaction of their handler.
 *
 * Where another consumer (a zombie that lost its partition) is handling one of them, the insert waits
 * for that transaction: it then sees the row and drops the event, or takes over after a rollback.
 *
 * @returns the events that the group had not handled yet, each once, in the order given
 */
export async function recordInInbox<E extends InboxEntry>(tx: Tx, schema: string, group: string, events: readonly E[]): Promise<E[]> {
  const rows = await tx.query<{ event_id: string }>(recordEvents(schema), [
    group,
    events.map(({ id }) => id),
    events.map(({ topic }) => topic),
    events.map(({ partition }) => partition),
    events.map(({ offset }) => offset),
    events.map(({ source }) => (sourcePattern.test(source) ? source : null)),
    events.map(({ time }) => time),
  ]);
  const unhandled = new Set(rows.map(({ event_id: id }) => id));
  // An event that is there twice has one row: its first copy is the one.
  return events.filter(({ id }) => unhandled.delete(id));
}

/** Anyone may write to a topic: what is kept of the name is what a service of ours could be called. */
const sourcePattern = /^plinth\/[a-z0-9][a-z0-9-]{0,62}$/;

/** Sorted, so that two consumers with some of the same events wait for one another and never both. */
const recordEvents = (schema: string) => `
  INSERT INTO ${schema}.inbox (consumer_group, event_id, topic, partition, "offset", source, event_time)
  SELECT $1, event_id, topic, partition, "offset", source, event_time
  FROM unnest($2::uuid[], $3::text[], $4::int[], $5::bigint[], $6::text[], $7::timestamptz[])
    AS received (event_id, topic, partition, "offset", source, event_time)
  ORDER BY event_id
  ON CONFLICT ON CONSTRAINT inbox_pkey DO NOTHING
  RETURNING event_id`;
