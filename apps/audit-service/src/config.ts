import { configClass, cursorSecrets, idempotencySecrets, internalVerificationKeys, serviceFields, signingKeys, subjectKeySecrets, text } from '@plinth/config';

/** What audit-service is told from outside. */
export class AuditServiceConfig extends configClass({
  ...serviceFields,
  internalKeys: internalVerificationKeys,
  idempotencySecrets,
  cursorSecrets,
  subjectKeySecrets,
  auditKeys: signingKeys('AUDIT_SIGNING_KEYS', {
    description: 'Ed25519 keys of the heads of audit logs; the first, a seed, signs, all verify. Keep retired ones as pub.',
    signs: true,
  }),
  consumerGroup: text('KAFKA_CONSUMER_GROUP', {
    description: 'Consumer group; under another name every retained event is read anew (and dropped by its id).',
    fallback: 'audit-service',
  }),
}) {}
