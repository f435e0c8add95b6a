import { plainTypeName } from './plain-type-name.ts';
import { testRule } from './testing.ts';

testRule('plain-type-name', plainTypeName, {
  passes: [
    { name: 'names of the field pass', code: 'export class Outbox {}\nexport interface Lease {}\ntype Tx = object;' },
    { name: 'words that begin or end alike pass', code: 'class Inbox {}\nclass Database {}\ninterface IdempotencyOptions {}\nclass IPAddress {}' },
  ],
  fails: [
    { name: 'marks of how it is made are reported', code: 'interface IOutbox {}\nclass OutboxImpl {}\nclass WorkerBase {}\nenum StatusEnum { A }\nclass AbstractWorker {}', reports: ['name', 'name', 'name', 'name', 'name'] },
    { name: 'a default export is reported', code: 'export default class Outbox {}', reports: ['default'] },
  ],
});
