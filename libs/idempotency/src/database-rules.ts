import type { DatabaseRulesPart } from '@plinth/database';

/** What holds of the kept answers in every schema. */
export const idempotencyRules: DatabaseRulesPart = {
  tables: {
    idempotency_record: {
      readBy: 'key_holder',
      column: 'key_hash',
      setting: 'plinth.idempotency_keys',
      because: 'sign-up has no tenant yet; the hash takes the server’s secret and the client’s key, and covers tenant and principal',
    },
  },
  uniqueAcrossTenants: { idempotency_record_pkey: 'an HMAC that covers tenant and principal: nobody comes upon another one’s' },
};
