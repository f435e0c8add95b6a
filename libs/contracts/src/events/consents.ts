import { defineEvent, field } from './event-definition.js';

/** Ids and versions alone: the text is at GET /v1/policy-texts. */
export interface ConsentV1Payload {
  userId: string;
  document: string;
  version: string;
}

/** An operator published a document, or a newer version of one. */
export interface PolicyPublishedV1Payload {
  policyId: string;
  document: string;
  version: string;
  required: boolean;
  effectiveFrom: string;
}

const document = field.text(100);
const version = field.text(100);
const consent = field.record({ userId: field.uuid, document, version });

export const ConsentGivenV1 = defineEvent<ConsentV1Payload>()({
  type: 'consent.given',
  version: 1,
  topic: 'plinth.identity',
  aggregateType: 'user',
  description: 'A person who has an account agreed to a version of a document.',
  schema: consent,
});

export const ConsentWithdrawnV1 = defineEvent<ConsentV1Payload>()({
  type: 'consent.withdrawn',
  version: 1,
  topic: 'plinth.identity',
  aggregateType: 'user',
  description: 'A person withdrew the consent to a document in all its versions: what rests on it stops. The version is the last that was agreed to.',
  schema: consent,
});

export const PolicyPublishedV1 = defineEvent<PolicyPublishedV1Payload>()({
  type: 'policy.published',
  version: 1,
  topic: 'plinth.identity',
  aggregateType: 'policy',
  description: 'An operator published a version of a document that people agree to.',
  schema: field.record({
    policyId: field.uuid,
    document,
    version,
    required: field.described('Whether there is no account without it.', { type: 'boolean' }),
    effectiveFrom: field.dateTime,
  }),
});
