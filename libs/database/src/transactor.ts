import { isUuid } from '@plinth/kernel';
import type { Metrics } from '@plinth/telemetry';
import pg from 'pg';
import { RolePool, type DatabaseOptions } from './connections.js';
import { TransactionMetrics } from './transaction-metrics.js';
import { isReadOnlyViolation, toDatabaseProblem } from './errors.js';
import type { Scope } from './scope.js';
import { inOnePacket, prepared } from './statement.js';
import type { Conn, PreparedQueryable, Tx } from './tx.js';
import { unitOf, UnitOfWork } from './unit-of-work.js';

const noOne: Scope = { tenantId: null, principalId: null };

interface ReadOptions {
  /** One snapshot for the whole of the work (REPEATABLE READ) instead of one a statement. */
  readonly snapshot?: boolean;
}

/**
 * The only source of transactions. The tenant and the principal are set with BEGIN, in one round
 * trip, for row-level security shows nothing to a transaction that has not said for whom it speaks.
 */
export class Transactor {
  private readonly app: RolePool;
  private readonly system: RolePool;

  private readonly counters: TransactionMetrics | undefined;

  /** @param metrics without them nothing is counted */
  constructor(options: DatabaseOptions, metrics?: Metrics) {
    this.app = new RolePool(options.appDatabaseUrl, options);
    this.system = new RolePool(options.systemDatabaseUrl, options);
    if (metrics !== undefined) this.counters = new TransactionMetrics(metrics, { app: this.app, system: this.system }, options.poolSize);
  }

  /**
   * Runs work in a transaction of the `_app` role. The first call of a scope begins it, later ones
   * join. A thrown error rolls back, a returned value (a `Rejection` too) commits.
   *
   * @throws Problem where the database is at fault (unavailable, time limit, lost race, storage full)
   */
  async run<T>(scope: Scope, work: (tx: Tx) => Promise<T>): Promise<T> {
    if (scope.unit !== undefined) {
      if (!scope.unit.open) throw new Error('the transaction of this scope has ended');
      return await work(scope.unit.tx);
    }
    return await this.runOn(this.app, scope, work);
  }

  /** Reads in a read-only transaction of the `_app` role; inside an open `run` of the scope it sees that one's writes. */
  async read<T>(scope: Scope, work: (conn: Conn) => Promise<T>, options: ReadOptions = {}): Promise<T> {
    if (scope.unit?.open) return await work(scope.unit.tx as unknown as Conn);
    return await this.readOn(this.app, scope, work, options);
  }

  /**
   * A transaction of the `_system` role, for the named queries that cross tenants.
   *
   * @param query its name in the service's list of system queries
   */
  async runSystem<T>(query: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return await this.runOn(this.system, systemScope(query), work);
  }

  /** As `runSystem`, read-only. */
  async readSystem<T>(query: string, work: (conn: Conn) => Promise<T>): Promise<T> {
    return await this.readOn(this.system, systemScope(query), work, {});
  }

  /**
   * Tells who listens on the channel: one statement, committed at once, a third of what a transaction for it costs. It says what
   * everybody may hear.
   *
   * @throws Problem where the database is at fault
   */
  async notify(channel: string, payload: string): Promise<void> {
    try {
      const connection = await this.app.acquire();
      try {
        await connection.client.query(prepared('SELECT pg_notify($1, $2)', [channel, payload]));
      } catch (error) {
        await connection.release(error as Error);
        throw error;
      }
      await connection.release();
    } catch (error) {
      throw toDatabaseProblem(error);
    }
  }

  /** Whether the database answers. @throws Problem where it does not */
  async ping(): Promise<void> {
    await this.readOn(this.app, noOne, (conn) => conn.query('SELECT 1'), {});
  }

  /** Closes both pools. To be called last, when no transaction is open any more. */
  async close(): Promise<void> {
    await Promise.all([this.app.close(), this.system.close()]);
  }

  private async runOn<T>(pool: RolePool, scope: Scope, work: (tx: Tx) => Promise<T>): Promise<T> {
    const { unit, opened } = await this.begin(pool, scope, 'BEGIN');
    try {
      scope.opening?.opened(opened);
      if (scope.deferCommit) scope.unit = unit;
      const result = await work(unit.tx);
      if (!scope.deferCommit) await unit.commit();
      return result;
    } catch (error) {
      await unit.rollback();
      throw toDatabaseProblem(error);
    }
  }

  private async readOn<T>(pool: RolePool, scope: Scope, work: (conn: Conn) => Promise<T>, options: ReadOptions): Promise<T> {
    const begin = options.snapshot ? 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' : 'BEGIN READ ONLY';
    const { unit } = await this.begin(pool, { tenantId: scope.tenantId, principalId: scope.principalId }, begin);
    try {
      return await work(unit.tx as unknown as Conn);
    } catch (error) {
      // To write in here is a defect of the caller, and not a database that has turned read-only.
      throw isReadOnlyViolation(error) ? error : toDatabaseProblem(error);
    } finally {
      // There is nothing to keep, so nobody waits for it: it never throws, and the connection is the pool's again when it has ended.
      void unit.rollback();
    }
  }

  private async begin(pool: RolePool, scope: Scope, begin: string): Promise<Begun> {
    const readOnly = begin !== 'BEGIN';
    try {
      const connection = await pool.acquire();
      try {
        const { client } = connection;
        const statements = scope.opening?.statements ?? [];
        const sent = inOnePacket(client, () => [
          client.query<Record<string, unknown>>(openingSql(begin, scope)),
          ...statements.map(({ sql, parameters }) => client.query<Record<string, unknown>>(prepared(sql, parameters))),
        ]);
        const [, ...results] = await Promise.all(sent);
        connection.transactionBegun();
        const unit = new UnitOfWork(asTx(connection.manager, client), connection, (outcome) => this.counters?.ended(pool, readOnly ? 'read' : outcome));
        return { unit, opened: results.map(({ rows }) => rows) };
      } catch (error) {
        await connection.release(error as Error);
        throw error;
      }
    } catch (error) {
      this.counters?.ended(pool, 'refused');
      throw toDatabaseProblem(error);
    }
  }
}

interface Begun {
  readonly unit: UnitOfWork;
  readonly opened: readonly (readonly Record<string, unknown>[])[];
}

function systemScope(query: string): Scope {
  return { ...noOne, opening: { settings: { 'plinth.system_query': query }, statements: [], opened: () => undefined } };
}

/** BEGIN and the settings as one simple query: one round trip. Values are quoted by pg; names are ours. */
function openingSql(begin: string, { tenantId, principalId, opening }: Scope): string {
  for (const id of [tenantId, principalId]) {
    if (id !== null && !isUuid(id)) throw new Error('a tenant or principal id is not a UUID');
  }
  const settings = {
    'plinth.tenant_id': tenantId ?? '',
    'plinth.principal_id': principalId ?? '',
    ...opening?.settings,
  };
  const calls = Object.entries(settings).map(([name, value]) => `set_config(${pg.escapeLiteral(name)}, ${pg.escapeLiteral(value)}, true)`);
  return `${begin}; SELECT ${calls.join(', ')}`;
}

function asTx(manager: object, client: pg.PoolClient): Tx {
  const own: PreparedQueryable = {
    async query<R>(sql: string, parameters: readonly unknown[] = []): Promise<R[]> {
      return (await client.query(sql, parameters as unknown[])).rows as R[];
    },
    async queryPrepared<R>(sql: string, parameters: readonly unknown[] = []): Promise<R[]> {
      return (await client.query(prepared(sql, parameters))).rows as R[];
    },
  };
  const tx = Object.assign(manager, own) as unknown as Tx;
  return Object.assign(tx, { savepoint: <R>(work: () => Promise<R>) => unitOf(tx).savepoint(work) });
}
