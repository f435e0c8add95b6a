import type { Pool, PoolClient } from 'pg';
import { DataSource, type EntityManager, type EntitySchema, type MixedList, type QueryRunner } from 'typeorm';

export type EntityList = MixedList<(new (...args: never[]) => object) | EntitySchema>;

/** How a service reaches its schema: as the `_app` role under row-level security, as `_system` for its named queries. */
export interface DatabaseOptions {
  readonly appDatabaseUrl: string;
  readonly systemDatabaseUrl: string;
  /** Connections of each of the two pools. */
  readonly poolSize: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  readonly entities?: EntityList;
}

/** Waits are bounded so that a caller hears of an absent database within 5 s (architecture: "When a part is gone"). */
const connectTimeoutMs = 3_000;
const statementTimeoutMs = 10_000;
const idleInTransactionTimeoutMs = 30_000;

/** A connection taken from a pool, until `release`. */
export interface OpenConnection {
  readonly client: PoolClient;
  readonly manager: EntityManager;
  /** Tells the ORM of the BEGIN that it did not send; without it `save` would begin, and commit, a transaction of its own. */
  transactionBegun(): void;
  /** With an error the connection is closed instead of going back to the pool. */
  release(error?: Error): Promise<void>;
}

/** Connections of one pool, at one moment. */
export interface PoolLoad {
  readonly used: number;
  readonly idle: number;
  /** Callers that wait for a connection. */
  readonly waiting: number;
}

/** What TypeORM 1.1's PostgresQueryRunner has and its public type leaves out. */
type RunnerInternals = Omit<QueryRunner, 'isTransactionActive'> & {
  isTransactionActive: boolean;
  transactionDepth: number;
  releasePostgresConnection(error?: Error): Promise<void>;
};

/** One role's pool. It connects when first used, so a service starts, and says so, while PostgreSQL is away. */
export class RolePool {
  private readonly dataSource: DataSource;
  private connecting: Promise<DataSource> | undefined;

  constructor(url: string, options: DatabaseOptions) {
    this.dataSource = new DataSource({
      type: 'postgres',
      url,
      entities: (options.entities ?? []) as never,
      applicationName: options.applicationName,
      logging: false,
      installExtensions: false,
      poolErrorHandler: () => undefined, // an idle connection that breaks is replaced at its next use
      extra: {
        max: options.poolSize,
        connectionTimeoutMillis: connectTimeoutMs,
        statement_timeout: statementTimeoutMs,
        idle_in_transaction_session_timeout: idleInTransactionTimeoutMs,
        keepAlive: true,
        // Statements that are not waited for one by one go out at once; the server still works them off in order.
        pipeline: true,
      },
    });
  }

  /** A connection of this pool. @throws the driver's error where PostgreSQL is away or the pool stays exhausted */
  async acquire(): Promise<OpenConnection> {
    const dataSource = await this.connected();
    const runner = dataSource.createQueryRunner() as RunnerInternals;
    const client = (await runner.connect()) as PoolClient;
    return {
      client,
      manager: runner.manager,
      transactionBegun() {
        runner.isTransactionActive = true;
        runner.transactionDepth = 1;
      },
      release: (error) => runner.releasePostgresConnection(error),
    };
  }

  /** How full the pool is now; all 0 before its first use. */
  get load(): PoolLoad {
    // TypeORM makes the pool, and hands it out as the driver's `master`.
    const pool = (this.dataSource.driver as unknown as { readonly master?: Pool }).master;
    if (pool === undefined) return { used: 0, idle: 0, waiting: 0 };
    return { used: pool.totalCount - pool.idleCount, idle: pool.idleCount, waiting: pool.waitingCount };
  }

  /** Waits for a connect that is under way, so that none is left open. One that was never used has nothing to close. */
  async close(): Promise<void> {
    await this.connecting?.catch(() => undefined);
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  private async connected(): Promise<DataSource> {
    if (this.dataSource.isInitialized) return this.dataSource;
    this.connecting ??= this.dataSource.initialize().finally(() => (this.connecting = undefined));
    return await this.connecting;
  }
}
