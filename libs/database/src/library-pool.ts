import pg from 'pg';

/** How a library's pool connects; `size` is the most connections that it holds. */
export interface LibraryPoolOptions {
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  readonly size: number;
  /** How long a statement may take, in milliseconds; one that hangs must not hold its connection for ever. */
  readonly statementTimeoutMs: number;
}

/**
 * A pool for a library that works on PostgreSQL by itself (the scheduler's queue). It outlives whatever
 * the library does with it: an idle connection that breaks is dropped, also after the library has taken
 * its own listeners off, when the `error` event would otherwise end the process.
 */
export function openLibraryPool(url: string, options: LibraryPoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: options.applicationName,
    max: options.size,
    statement_timeout: options.statementTimeoutMs,
    // No limit on the wait for a connection: graphile-worker takes that one error for fatal, and retries the others.
  });
  const drop = () => undefined; // whoever uses the connection learns of it from its statement
  pool.on('error', drop);
  pool.on('connect', (client) => client.on('error', drop));
  return pool;
}
