import { noQueryInController } from './no-query-in-controller.ts';
import { testRule } from './testing.ts';

const filename = 'apps/tenant-service/src/tenants/tenants.controller.ts';
const inClass = (body: string, decorator = '@Controller()') => `import { Controller } from '@nestjs/common';\n${decorator}\nclass C { ${body} }`;

testRule('no-query-in-controller', noQueryInController, {
  passes: [
    { name: 'a call of a service passes', filename, code: inClass('find() { return this.tenants.find(); }') },
    { name: 'the query string of a request is no query', filename, code: inClass('find(request) { return this.tenants.list(request.query.limit); }') },
    { name: 'a repository may query', filename: 'tenants.repository.ts', code: inClass('find(tx) { return tx.query("SELECT 1"); }', '') },
    { name: "an event's handler may hand on the transaction it is given", filename: 'record.handler.ts', code: inClass("@OnEvent('a.b', 1) record(event, tx: Tx) { return this.trail.append(tx, event); }") },
    { name: 'so may one of batches', filename: 'record.handler.ts', code: inClass("@OnEventBatch('a.b', 1) record(events, tx: Tx) { return this.trail.append(tx, events); }") },
  ],
  fails: [
    { name: 'a query in an event handler is reported', filename: 'record.handler.ts', code: inClass("@OnEvent('a.b', 1) record(event, tx: Tx) { return tx.query('SELECT 1'); }"), reports: ['query'] },
    { name: 'a transaction in another method of a handler is reported', filename: 'record.handler.ts', code: inClass("@OnEvent('a.b', 1) record() {} other(tx: Tx) {}"), reports: ['query'] },
    { name: 'a query is reported', filename, code: inClass('find() { return this.db.query("SELECT 1"); }'), reports: ['query'] },
    { name: 'a prepared query is reported', filename, code: inClass('find() { return this.db.queryPrepared("SELECT 1"); }'), reports: ['query'] },
    { name: 'a query builder is reported', filename, code: inClass('find() { return this.db.createQueryBuilder(); }'), reports: ['query'] },
    { name: 'a repository of the data source is reported', filename, code: inClass('find() { return this.db["getRepository"](Tenant); }'), reports: ['query'] },
    { name: 'an import of TypeORM is reported', filename, code: "import { DataSource } from 'typeorm';", reports: ['query'] },
    { name: 'holding a transactor is reported', filename, code: "import { Transactor } from '@plinth/database';", reports: ['query'] },
    { name: 'a helper beside the class is reported', filename, code: 'function load(db) { return db.query("SELECT 1"); }', reports: ['query'] },
    {
      name: 'a controller under another file name is reported',
      filename: 'apps/tenant-service/src/tenants/routes.ts',
      code: inClass('constructor(private readonly db: DataSource) {} find() { return this.db.query("SELECT 1"); }'),
      reports: ['query', 'query'],
    },
  ],
});
