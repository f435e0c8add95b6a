import { rolesOf } from '@plinth/contracts';
import type { DatabaseRulesPart } from '@plinth/database';

/** What holds of the outbox in every schema. */
export const outboxRules: DatabaseRulesPart = {
  tables: { outbox_aggregate: { readBy: 'nobody', because: 'ids and counts, reached by advance_aggregate alone' } },
  systemRights: { event_outbox: ['INSERT'] },
  rightsOfOthers: {
    // The relay publishes every service's events, and skips what operators give up.
    [rolesOf('relay').system]: { event_outbox: ['SELECT', 'UPDATE (last_error, next_attempt_at, processed_at, processing_attempts, skipped_at, status)'] },
  },
};
