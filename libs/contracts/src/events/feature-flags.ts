import { defineEvent, field } from './event-definition.js';

/** What a flag is, its rules say; they name tenants and users, and stay where operators read them. */
export interface FeatureFlagCreatedV1Payload {
  flagId: string;
  key: string;
  type: string;
  enabled: boolean;
}

/** An operator changed a flag, or threw its kill switch. */
export interface FeatureFlagUpdatedV1Payload {
  flagId: string;
  key: string;
  enabled: boolean;
  changed: string[];
}

/** Nobody is given a value of it any more. */
export interface FeatureFlagArchivedV1Payload {
  flagId: string;
  key: string;
}

const key = field.text(100);
const enabled = { type: 'boolean' } as const;

export const FeatureFlagCreatedV1 = defineEvent<FeatureFlagCreatedV1Payload>()({
  type: 'feature_flag.created',
  version: 1,
  topic: 'plinth.tenancy',
  aggregateType: 'feature_flag',
  description: 'An operator made a feature flag.',
  schema: field.record({ flagId: field.uuid, key, type: field.described('boolean, string, number or json.', field.text(20)), enabled }),
});

export const FeatureFlagUpdatedV1 = defineEvent<FeatureFlagUpdatedV1Payload>()({
  type: 'feature_flag.updated',
  version: 1,
  topic: 'plinth.tenancy',
  aggregateType: 'feature_flag',
  description: 'An operator changed a feature flag, or threw its kill switch.',
  schema: field.record({
    flagId: field.uuid,
    key,
    enabled: field.described('The kill switch after the change.', enabled),
    changed: field.described('Names of what is different now, sorted.', { type: 'array', items: field.text(100) }),
  }),
});

export const FeatureFlagArchivedV1 = defineEvent<FeatureFlagArchivedV1Payload>()({
  type: 'feature_flag.archived',
  version: 1,
  topic: 'plinth.tenancy',
  aggregateType: 'feature_flag',
  description: 'An operator put a feature flag away: nobody is given a value of it any more, and its key is free.',
  schema: field.record({ flagId: field.uuid, key }),
});
