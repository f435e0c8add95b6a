import { types } from 'node:util';
import { Problem } from '@plinth/kernel';

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
  if (error instanceof Problem) return error.code === 'database_unavailable';
  const driver = driverErrorOf(error);
  if (driver === undefined) return false;
  const code = driver.code ?? '';
  // Class 08 connection exception, 57P0x shutdown, 53300 too many connections.
  if (unreachable.has(code) || code.startsWith('08') || code.startsWith('57P0') || code === '53300') return true;
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
  const retry = { headers: { 'retry-after': '1' }, cause: error };
  if (isDatabaseUnavailable(error)) {
    return new Problem('database_unavailable', 'unavailable', 'The service cannot reach its database. Try again shortly.', retry);
  }
  switch (driverErrorOf(error)?.code ?? '') {
    case '57014':
      return new Problem('database_timeout', 'unavailable', 'The database took too long. Try again shortly.', retry);
    case '40001':
    case '40P01':
      return new Problem('concurrent_change', 'unavailable', 'Another change got in between. Try again.', retry);
    // Out of memory, connections or file handles on the server: what was begun is rolled back.
    case '53000':
    case '53200':
    case '53400':
      return new Problem('database_overloaded', 'unavailable', 'The database is at its limits. Nothing was changed. Try again shortly.', retry);
    // A disk that fails or turned read-only; PostgreSQL has rolled back.
    case '58030':
    case '25006':
      return new Problem('database_unavailable', 'unavailable', 'The database cannot write. Nothing was changed. Try again shortly.', retry);
    case '53100':
      return new Problem('storage_full', 'storage_full', 'There is no storage left. Nothing was changed.', { cause: error });
    default:
      return error;
  }
}
