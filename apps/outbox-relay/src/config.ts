import { configClass, cursorSecrets, idempotencySecrets, internalVerificationKeys, serviceFields, text } from '@plinth/config';

/** What outbox-relay is told from outside. Its system role is the one that reads every service's outbox. */
export class OutboxRelayConfig extends configClass({
  ...serviceFields,
  internalKeys: internalVerificationKeys,
  idempotencySecrets,
  cursorSecrets,
  consumerGroup: text('KAFKA_CONSUMER_GROUP', {
    description: 'Consumer group; under another name every retained dead letter is read anew (and dropped by its place).',
    fallback: 'outbox-relay',
  }),
}) {}
