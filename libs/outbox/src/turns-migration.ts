import { rolesOf } from '@plinth/contracts';
import type { Migration } from '@plinth/database';

/** Whose turn an event takes that belongs to no tenant. */
export const platformTurn = '00000000-0000-0000-0000-000000000000';

/**
 * Whose turn each event takes while a backlog drains: its tenant's. Events of one aggregate stand in one queue, or
 * fair turns would break their order; so an aggregate keeps the turn of its first event, whatever tenant a later
 * one is told for (a user signs in to several). Foreign writers that know the fixed columns only take the platform's.
 */
export function outboxTurnsMigration(schema: string): Migration {
  const { app, system } = rolesOf(schema);
  return {
    name: 'outbox_0003_turns',
    up: `
      ALTER TABLE ${schema}.event_outbox ADD COLUMN turn_id UUID NOT NULL DEFAULT '${platformTurn}';
      -- The front of each turn's queue, whatever lies in the others'. Only what may be published is in it.
      CREATE INDEX idx_outbox_turns ON ${schema}.event_outbox (turn_id, sequence) WHERE status IN ('pending', 'processing');

      ALTER TABLE ${schema}.outbox_aggregate ADD COLUMN turn_id UUID;
      -- What waits now waits in the platform's queue, so what follows of the same aggregates queues behind it.
      UPDATE ${schema}.outbox_aggregate known SET turn_id = '${platformTurn}'
        FROM ${schema}.event_outbox event
        WHERE event.aggregate_type = known.aggregate_type AND event.aggregate_id = known.aggregate_id AND event.status <> 'published';
      -- As the function of three arguments, which stays for services of the version before; and the aggregate's turn,
      -- which is of_turn where this is its first event.
      CREATE FUNCTION ${schema}.advance_aggregate(of_type VARCHAR, of_id UUID, n INT, of_turn UUID, OUT version_before BIGINT, OUT kept_turn UUID)
        LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
          INSERT INTO ${schema}.outbox_aggregate AS known (aggregate_type, aggregate_id, version, turn_id)
          VALUES (of_type, of_id, n, of_turn)
          ON CONFLICT (aggregate_type, aggregate_id)
            DO UPDATE SET version = known.version + n, turn_id = coalesce(known.turn_id, excluded.turn_id)
          RETURNING known.version - n, known.turn_id
        $$;
      REVOKE ALL ON FUNCTION ${schema}.advance_aggregate(VARCHAR, UUID, INT, UUID) FROM PUBLIC;
      GRANT EXECUTE ON FUNCTION ${schema}.advance_aggregate(VARCHAR, UUID, INT, UUID) TO ${app}, ${system};`,
    down: `
      DROP FUNCTION ${schema}.advance_aggregate(VARCHAR, UUID, INT, UUID);
      ALTER TABLE ${schema}.outbox_aggregate DROP COLUMN turn_id;
      DROP INDEX ${schema}.idx_outbox_turns;
      ALTER TABLE ${schema}.event_outbox DROP COLUMN turn_id;`,
  };
}
