import type { Migration } from '@plinth/database';

const operator = `nullif(current_setting('plinth.tenant_id', true), '') IS NULL AND nullif(current_setting('plinth.principal_id', true), '') IS NOT NULL`;

/**
 * What operators have decided of events that could not be published. Requests are served by `_app`, which has no right on any
 * outbox: it notes the decision, in one transaction with its audit record, and `_system` carries it out.
 */
export const eventDecisions: Migration = {
  name: '0007_event_decisions',
  up: `
    CREATE TABLE relay.event_decision (
      id UUID PRIMARY KEY,
      source TEXT NOT NULL,
      event_id UUID NOT NULL,
      action TEXT NOT NULL,
      reason TEXT NOT NULL,
      decided_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
      decided_by UUID,
      ended_at TIMESTAMPTZ,
      outcome TEXT,
      CONSTRAINT event_decision_action_known CHECK (action IN ('rearm', 'skip')),
      CONSTRAINT event_decision_outcome_known CHECK (outcome IN ('done', 'too_late')),
      CONSTRAINT event_decision_ends_with_outcome CHECK ((ended_at IS NULL) = (outcome IS NULL))
    );
    -- One at a time of an event, and what the worker looks for: nearly always an empty index.
    CREATE UNIQUE INDEX idx_event_decision_open ON relay.event_decision (event_id) WHERE ended_at IS NULL;
    CREATE INDEX idx_event_decision_event ON relay.event_decision (event_id, decided_at);

    ALTER TABLE relay.event_decision ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT ON relay.event_decision TO plinth_relay_app;
    CREATE POLICY operators_read ON relay.event_decision FOR SELECT TO plinth_relay_app USING (${operator});
    CREATE POLICY operators_decide ON relay.event_decision FOR INSERT TO plinth_relay_app WITH CHECK (${operator});
    GRANT SELECT, UPDATE (ended_at, outcome) ON relay.event_decision TO plinth_relay_system;
    CREATE POLICY system_reads ON relay.event_decision FOR SELECT TO plinth_relay_system USING (true);
    CREATE POLICY system_ends ON relay.event_decision FOR UPDATE TO plinth_relay_system USING (true);`,
  down: `DROP TABLE relay.event_decision;`,
};
