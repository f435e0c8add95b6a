import { Module, type DynamicModule } from '@nestjs/common';
import { KeyRing } from '@plinth/auth';
import { Transactor, type Scope, type Tx } from '@plinth/database';
import { InboxTransport, KAFKA_CLIENT, type KafkaClient } from '@plinth/kafka';
import { Logger } from '@plinth/logging';
import { schema } from '../migrations/index.js';
import { AUDIT_KEYS } from './audit-keys.js';
import { RecordEntryWhenAuditRecordedHandler } from './record-entry-when-audit-recorded.handler.js';
import { TrailRepository } from './trail.repository.js';
import { TrailService } from './trail.service.js';

export interface TrailOptions {
  /** Entries of `AUDIT_SIGNING_KEYS`; the first signs. */
  readonly signingKeys: readonly string[];
}

/** Renaming the group would read every retained event anew, and the log would drop each by its id. */
const consumerGroup = 'audit-service';

/** The name of the transaction that writes to the logs of all tenants. */
const appendEntry = 'append_audit_entry';

/** Takes in what happened, and keeps it. */
@Module({})
export class TrailModule {
  static forRoot(options: TrailOptions): DynamicModule {
    return {
      module: TrailModule,
      global: true,
      controllers: [RecordEntryWhenAuditRecordedHandler],
      providers: [
        { provide: AUDIT_KEYS, useFactory: () => KeyRing.of(options.signingKeys) },
        { provide: InboxTransport, inject: [KAFKA_CLIENT, Transactor, Logger], useFactory: transportOf },
        TrailRepository,
        TrailService,
      ],
      exports: [AUDIT_KEYS, InboxTransport],
    };
  }
}

function transportOf(kafka: KafkaClient, transactor: Transactor, logger: Logger): InboxTransport {
  // Only `_system` may append: inbox row and entry are in one transaction of that role.
  const system = { run: <T>(_scope: Scope, work: (tx: Tx) => Promise<T>) => transactor.runSystem(appendEntry, work) };
  return new InboxTransport({ kafka, groupId: consumerGroup, schema, transactor: system, logger });
}
