export { DatabaseModule } from './database.module.js';
export type { DatabaseOptions, EntityList } from './connections.js';
export { isDatabaseUnavailable, isUniqueViolation, toDatabaseProblem } from './errors.js';
export { migrate, type Migration, type MigrationReport } from './migrator.js';
export { provisionService, type ProvisionRequest } from './provision.js';
export type { Scope, TransactionOpening } from './scope.js';
export { Transactor } from './transactor.js';
export type { Conn, Queryable, Tx } from './tx.js';
export { unitOf, UnitOfWork } from './unit-of-work.js';
