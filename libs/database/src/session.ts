import pg from 'pg';
import { prepared } from './statement.js';

/** How a session connects; a statement may take 10 s by default. */
export interface SessionOptions {
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** How long a statement may take before the session is given up, in milliseconds. */
  readonly statementTimeoutMs?: number;
}

const connectTimeoutMs = 3_000;

/**
 * One connection of its own, outside the pools, for what belongs to a connection: session locks and
 * LISTEN. It is not mended: once `lost`, its locks are free for others and its owner opens a new one.
 */
export class DatabaseSession {
  private readonly lostController = new AbortController();

  private constructor(private readonly client: pg.Client) {
    // The server ends a connection with an error and an end event, a broken socket with either.
    client.on('error', (error) => this.lostController.abort(error));
    client.on('end', () => this.lostController.abort());
  }

  /** @throws the driver's error where PostgreSQL is away or refuses */
  static async open(url: string, options: SessionOptions): Promise<DatabaseSession> {
    const statementTimeoutMs = options.statementTimeoutMs ?? 10_000;
    const client = new pg.Client({
      connectionString: url,
      application_name: options.applicationName,
      connectionTimeoutMillis: connectTimeoutMs,
      statement_timeout: statementTimeoutMs,
      // For a server that no longer answers at all.
      query_timeout: statementTimeoutMs + 2_000,
      keepAlive: true,
    });
    const session = new DatabaseSession(client);
    try {
      await client.connect();
      // A machine that vanished keeps its locks until the server notices; the default is two hours.
      await client.query('SET tcp_keepalives_idle = 3; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 3');
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** Aborted when the connection is gone, and with it every lock that it held. */
  get lost(): AbortSignal {
    return this.lostController.signal;
  }

  /**
   * Committed at once. With parameters the statement is prepared and kept: a session repeats a few
   * constant ones, and planning them costs more than running them.
   *
   * @throws the driver's error; where the connection broke, `lost` is aborted too
   */
  async query<T = Record<string, unknown>>(sql: string, parameters: readonly unknown[] = []): Promise<T[]> {
    if (parameters.length === 0) return (await this.client.query(sql)).rows as T[];
    return (await this.client.query(prepared(sql, parameters))).rows as T[];
  }

  /**
   * Takes the lock of this name for as long as the connection lives.
   *
   * @returns false while another connection holds it
   */
  async tryLock(name: string): Promise<boolean> {
    const [row] = await this.query<{ locked: boolean }>('SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked', [name]);
    return row?.locked === true;
  }

  /** Calls back with the payload of each NOTIFY on the channel; those sent while no one listened are lost. */
  async listen(channel: string, onNotification: (payload: string) => void): Promise<void> {
    this.client.on('notification', (message) => {
      if (message.channel === channel) onNotification(message.payload ?? '');
    });
    await this.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
  }

  /** Ends the connection; its locks are free then. Never rejects. */
  async close(): Promise<void> {
    this.lostController.abort();
    await this.client.end().catch(() => undefined);
  }
}
