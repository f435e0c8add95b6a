import type { Migration } from '@plinth/database';

/**
 * An event that is armed again still stands before what follows of its aggregate. As `pending` it would hold nothing, and
 * it lies below what the relay looks at each time: a later event would overtake it. So who sets it to `pending` gets
 * `processing`, due at once: that holds the aggregate until the event is published, whoever writes.
 */
export function outboxRearmMigration(schema: string): Migration {
  return {
    name: 'outbox_0004_rearm',
    up: `
      CREATE FUNCTION ${schema}.hold_rearmed_event() RETURNS TRIGGER
        LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
        BEGIN
          NEW.status := 'processing';
          NEW.next_attempt_at := now();
          RETURN NEW;
        END $$;
      CREATE TRIGGER hold_rearmed_event BEFORE UPDATE OF status ON ${schema}.event_outbox
        FOR EACH ROW WHEN (OLD.status IN ('processing', 'failed') AND NEW.status = 'pending')
        EXECUTE FUNCTION ${schema}.hold_rearmed_event();`,
    down: `
      DROP TRIGGER hold_rearmed_event ON ${schema}.event_outbox;
      DROP FUNCTION ${schema}.hold_rearmed_event;`,
  };
}
