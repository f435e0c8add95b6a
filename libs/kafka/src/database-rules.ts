import { rolesOf } from '@plinth/contracts';
import type { DatabaseRulesPart } from '@plinth/database';

/** What holds of the versions seen, in every schema that has handlers where the latest version wins. */
export const latestVersionRules: DatabaseRulesPart = {
  tables: {
    aggregate_seen: { readBy: 'everyone', because: 'says which version of an aggregate a consumer group has handled, and holds nothing of the aggregate' },
  },
  systemRights: { aggregate_seen: ['INSERT', 'SELECT', 'UPDATE (version)'] },
};

/** What holds of the inbox in every schema that has one. */
export const inboxRules: DatabaseRulesPart = {
  tables: {
    inbox: { readBy: 'everyone', because: 'says that a consumer group has handled an event, and holds nothing of what it says' },
  },
  systemRights: { inbox: ['DELETE', 'INSERT', 'SELECT'] },
  rightsOfOthers: {
    // The relay follows what was sent again, and counts what was told and handled.
    [rolesOf('relay').system]: { inbox: ['SELECT'] },
  },
};
