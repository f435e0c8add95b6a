import type { Statement } from './statement.js';
import type { UnitOfWork } from './unit-of-work.js';

/** Statements that are sent right behind BEGIN, in one round trip, and what to do with their answers. */
export interface TransactionOpening {
  /** Further transaction-local settings, e.g. `plinth.idempotency_keys`. */
  readonly settings: Readonly<Record<string, string>>;
  readonly statements: readonly Statement[];
  /** Gets the rows of each of the `statements`; what it throws rolls back and ends `run`. */
  opened(results: readonly (readonly Record<string, unknown>[])[]): void;
}

/** For whom a transaction speaks: row-level security reads the tenant and the principal from here. */
export interface Scope {
  readonly tenantId: string | null;
  readonly principalId: string | null;
  readonly opening?: TransactionOpening | undefined;
  /**
   * Set on requests whose answer is stored with their effect: the first `run` leaves its transaction
   * open in `unit`, and whoever set this commits or rolls it back.
   */
  readonly deferCommit?: boolean | undefined;
  unit?: UnitOfWork | undefined;
}
