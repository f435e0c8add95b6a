/**
 * A service of one route, as the suite's are made, for `rules-on-a-write`: a process of its own, so that the load does not run in it.
 * Node strips types and knows no decorators; what they do is done by calling them.
 */
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { Controller, Module, Post } from '@nestjs/common';
import { TenantUpdatedV1 } from '@plinth/contracts';
import { DatabaseModule, Transactor } from '@plinth/database';
import { createHttpApp, Ctx, type RequestContext } from '@plinth/http';
import { IdempotencyModule, IdempotencyOptional } from '@plinth/idempotency';
import { newId } from '@plinth/kernel';
import { Logger, LoggingModule } from '@plinth/logging';
import { Outbox, OutboxModule } from '@plinth/outbox';
import { TelemetryModule } from '@plinth/telemetry';
import 'reflect-metadata';

const schema = 'bench';

/** Writes one row; the second route tells of it too. */
class WritesController {
  private readonly transactor: Transactor;
  private readonly outbox: Outbox;

  constructor(transactor: Transactor, outbox: Outbox) {
    this.transactor = transactor;
    this.outbox = outbox;
  }

  write(context: RequestContext) {
    return this.transactor.run(context, async (tx) => {
      const id = newId();
      await tx.query('INSERT INTO bench.write (id, name) VALUES ($1, $2)', [id, 'a name of ordinary length']);
      return { id, name: 'a name of ordinary length' };
    });
  }

  writeAndTell(context: RequestContext) {
    return this.transactor.run(context, async (tx) => {
      const id = newId();
      await tx.query('INSERT INTO bench.write (id, name) VALUES ($1, $2)', [id, 'a name of ordinary length']);
      this.outbox.append(tx, TenantUpdatedV1, { aggregateId: id, tenantId: null, payload: { tenantId: id, changed: ['name'] } });
      return { id, name: 'a name of ordinary length' };
    });
  }
}

for (const [name, path] of [['write', 'writes'], ['writeAndTell', 'told-writes']] as const) {
  const descriptor = Object.getOwnPropertyDescriptor(WritesController.prototype, name) as PropertyDescriptor;
  Post(path)(WritesController.prototype, name, descriptor);
  IdempotencyOptional('measured with and without', { subject: () => 'anyone' })(WritesController.prototype, name, descriptor);
  Ctx()(WritesController.prototype, name, 0);
}
Controller('v1')(WritesController);
Reflect.defineMetadata('design:paramtypes', [Transactor, Outbox], WritesController);

class WriteServiceModule {}
const logger = Logger.create({ service: 'bench', level: 'info', format: 'json', destination: { write: () => undefined } });
const [, , appDatabaseUrl = '', systemDatabaseUrl = ''] = process.argv;
Module({
  imports: [
    LoggingModule.forRoot(logger),
    TelemetryModule.forRoot('tenant-service'),
    DatabaseModule.forRoot({ appDatabaseUrl, systemDatabaseUrl, poolSize: 16, applicationName: 'bench' }),
    OutboxModule.forRoot(schema),
    IdempotencyModule.forRoot({ schema, secrets: [randomBytes(32)] }),
  ],
  controllers: [WritesController],
})(WriteServiceModule);

const app = await createHttpApp(WriteServiceModule, { logger });
await app.listen(0, '127.0.0.1');
process.on('message', () => process.send?.({ cpu: process.cpuUsage() }));
process.send?.({ port: (app.getHttpServer().address() as AddressInfo).port });
