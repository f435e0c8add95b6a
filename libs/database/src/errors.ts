import { types } from 'node:util';
import { Problem } from '@plinth/kernel';
import { databaseErrors } from './database.errors.js';

interface DriverError {
  readonly code?: string;
  readonly constraint?: string;
  readonly message?: string;
}

/** The pg error behind whatever the ORM wrapped it in. */
function driverErrorOf(error: unknown): DriverError | undefined {
  // Not `instanceof`: a socket's error is made by Node's own realm, which is not that of code in a VM context (Jest).
  if (!types.isNativeError(error)) return undefined;
  return (error as { driverError?: DriverError }).driverError ?? error;
}

const unreachable = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);
// pg and pg-pool give these no code. The last is TypeORM's, for a connection that broke between two statements.
const unreachableMessage = /Connection terminated|timeout exceeded when trying to connect|not queryable|Client was closed|runner already released/i;

/** Whether PostgreSQL could not be reached or is going away: nothing is wrong with the statement. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (error instanceof Problem) return error.code === databaseErrors.unavailable.definition.code;
  const driver = driverErrorOf(error);
  if (driver === undefined) return false;
  const code = driver.code ?? '';
  // Class 08 connection exception, 28 login refused (its rights or password were taken away), 57P0x shutdown, 53300 too many connections.
  if (unreachable.has(code) || code.startsWith('08') || code.startsWith('28') || code.startsWith('57P0') || code === '53300') return true;
  return code === '' && unreachableMessage.test(driver.message ?? '');
}

/** Whether the error is a unique violation of the named constraint (repositories map these to domain errors). */
export function isUniqueViolation(error: unknown, constraint: string): boolean {
  const driver = driverErrorOf(error);
  return driver?.code === '23505' && driver.constraint === constraint;
}

/** Whether the statement wanted to write where only reading is allowed. */
export function isReadOnlyViolation(error: unknown): boolean {
  return driverErrorOf(error)?.code === '25006';
}

/**
 * What the caller is told where the database, and not the request, is at fault; any other error is
 * returned as it is. 57014 is the statement time limit, 40001 and 40P01 lost races: all are worth a retry.
 */
export function toDatabaseProblem(error: unknown): unknown {
  if (error instanceof Problem) return error;
  if (isDatabaseUnavailable(error)) return databaseErrors.unavailable(error);
  switch (driverErrorOf(error)?.code ?? '') {
    case '57014':
      return databaseErrors.timeout(error);
    case '40001':
    case '40P01':
      return databaseErrors.concurrentChange(error);
    // Out of memory, connections or file handles on the server: what was begun is rolled back.
    case '53000':
    case '53200':
    case '53400':
      return databaseErrors.overloaded(error);
    // A disk that fails or turned read-only; PostgreSQL has rolled back.
    case '58030':
    case '25006':
      return databaseErrors.unavailable(error, 'The database cannot write. Nothing was changed. Try again shortly.');
    case '53100':
      return databaseErrors.storageFull(error);
    default:
      return error;
  }
}
