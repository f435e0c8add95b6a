import { Module, type DynamicModule } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import { systemClock } from '@plinth/kernel';
import { AuditTrail } from './audit-trail.js';
import { CommitHint } from './commit-hint.js';
import { Outbox } from './outbox.js';

/** The outbox of a service's schema and its audit trail, for every module of the app. */
@Module({})
export class OutboxModule {
  /** Global, so imported once an app. @param schema the one whose outbox is written */
  static forRoot(schema: string): DynamicModule {
    return {
      module: OutboxModule,
      global: true,
      providers: [
        { provide: Outbox, inject: [Transactor], useFactory: (transactor: Transactor) => new Outbox(schema, new CommitHint(transactor, schema)) },
        { provide: AuditTrail, inject: [Outbox], useFactory: (outbox: Outbox) => new AuditTrail(outbox, systemClock) },
      ],
      exports: [Outbox, AuditTrail],
    };
  }
}
