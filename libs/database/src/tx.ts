import type { EntityManager } from 'typeorm';

declare const txBrand: unique symbol;
declare const connBrand: unique symbol;

/** Parameterized SQL; the rows, typed by the caller. Names tables as `schema.table`. */
export interface Queryable {
  query<T = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]): Promise<T[]>;
}

/** Of a connection that is kept, so that a plan is. */
export interface PreparedQueryable extends Queryable {
  /**
   * As `query`, planned once a connection and not each time: for what runs often and takes longer to plan than to run. The text has to be
   * a constant of the code, for neither this process nor the server forgets one.
   */
  queryPrepared<T = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]): Promise<T[]>;
}

type Manager = Omit<EntityManager, 'query' | 'transaction'> & PreparedQueryable;

/** An open transaction that may write. Only `Transactor.run` and `runSystem` make one. */
export type Tx = Manager & {
  readonly [txBrand]: true;
  /**
   * Runs work that may fail in the database without dooming the transaction: its writes are undone
   * and the error is thrown to the caller, who may go on.
   */
  savepoint<T>(work: () => Promise<T>): Promise<T>;
};

/** A read-only transaction. Only `Transactor.read` and `readSystem` make one. */
export type Conn = Manager & { readonly [connBrand]: true };
