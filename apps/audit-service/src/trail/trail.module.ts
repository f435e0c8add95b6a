import { Module } from '@nestjs/common';
import { KeyRing } from '@plinth/auth';
import { redriveTopicOf } from '@plinth/contracts';
import { Transactor, type Scope, type Tx } from '@plinth/database';
import { ConsumerMetrics, InboxTransport, KAFKA_CLIENT, type KafkaClient } from '@plinth/kafka';
import { Logger } from '@plinth/logging';
import { Metrics, Tracing } from '@plinth/telemetry';
import { AuditServiceConfig } from '../config.js';
import { schema } from '../migrations/index.js';
import { AUDIT_KEYS } from './audit-keys.js';
import { RecordEntryWhenAuditRecordedHandler } from './record-entry-when-audit-recorded.handler.js';
import { SUBJECT_KEY_SEAL, SubjectKeyRing, subjectKeySeal } from './subject-key-ring.js';
import { SubjectKeysRepository } from './subject-keys.repository.js';
import { SubjectKeysService } from './subject-keys.service.js';
import { TrailRepository } from './trail.repository.js';
import { TrailService } from './trail.service.js';

/** The name of the transaction that writes to the logs of all tenants. */
const appendEntries = 'append_audit_entries';

/** What happened, and who was erased. */
const consumedTopics = ['plinth.audit', 'plinth.identity'];

/** Takes in what happened, and keeps it. */
@Module({
  controllers: [RecordEntryWhenAuditRecordedHandler],
  providers: [
    { provide: AUDIT_KEYS, inject: [AuditServiceConfig], useFactory: ({ auditKeys }: AuditServiceConfig) => KeyRing.of(auditKeys) },
    { provide: InboxTransport, inject: [AuditServiceConfig, KAFKA_CLIENT, Transactor, Logger, Tracing, Metrics], useFactory: transportOf },
    { provide: ConsumerMetrics, inject: [AuditServiceConfig, KAFKA_CLIENT, InboxTransport, Metrics], useFactory: metricsOf },
    { provide: SUBJECT_KEY_SEAL, inject: [AuditServiceConfig], useFactory: ({ subjectKeySecrets }: AuditServiceConfig) => subjectKeySeal(subjectKeySecrets) },
    SubjectKeyRing,
    SubjectKeysRepository,
    SubjectKeysService,
    TrailRepository,
    TrailService,
  ],
  exports: [AUDIT_KEYS, InboxTransport, SubjectKeysRepository, SubjectKeysService, TrailService],
})
export class TrailModule {}

function transportOf(
  config: AuditServiceConfig,
  kafka: KafkaClient,
  transactor: Transactor,
  logger: Logger,
  tracing: Tracing,
  metrics: Metrics,
): InboxTransport {
  // Only `_system` may append: inbox rows and entries are in one transaction of that role.
  const system = { run: <T>(_scope: Scope, work: (tx: Tx) => Promise<T>) => transactor.runSystem(appendEntries, work) };
  return new InboxTransport({ kafka, groupId: config.consumerGroup, schema, transactor: system, logger, tracing, metrics });
}

function metricsOf({ consumerGroup }: AuditServiceConfig, kafka: KafkaClient, { counters }: InboxTransport, metrics: Metrics): ConsumerMetrics {
  const topics = [...consumedTopics, redriveTopicOf(consumerGroup)];
  return new ConsumerMetrics({ metrics, kafka, groupId: consumerGroup, topics, counters });
}
