import type { OpenConnection } from './connections.js';
import { toDatabaseProblem } from './errors.js';
import { inOnePacket, prepared, type Statement } from './statement.js';
import type { Tx } from './tx.js';

const units = new WeakMap<Tx, UnitOfWork>();

/** One transaction from BEGIN to its end, and what waits for that end. */
export class UnitOfWork {
  private readonly closings: (() => Statement | null)[] = [];
  private readonly afterCommitHooks: (() => void)[] = [];
  /** What the open savepoints take back in memory when they roll back, the innermost last. */
  private readonly openSavepoints: (() => void)[][] = [];
  private savepoints = 0;
  private committing = false;
  private ended = false;

  constructor(
    readonly tx: Tx,
    private readonly connection: OpenConnection,
    private readonly onEnd: (outcome: 'committed' | 'rolled_back') => void = () => undefined,
  ) {
    units.set(tx, this);
  }

  /** Whether the transaction takes work. Its commit has begun where it does not, or it has ended. */
  get open(): boolean {
    return !this.committing && !this.ended;
  }

  /** A statement that belongs at the very end of the transaction, asked for when that has come; null for none. In the order of registration. */
  beforeCommit(closing: () => Statement | null): void {
    this.closings.push(closing);
  }

  /** A wake-up hint after the commit. It may be lost: nothing that matters goes here. */
  afterCommit(hook: () => void): void {
    this.afterCommitHooks.push(hook);
  }

  /** What is gathered in memory for the commit is taken back with the savepoint in which it was gathered; outside of one there is nothing to do. */
  onSavepointRollback(undo: () => void): void {
    this.openSavepoints.at(-1)?.push(undo);
  }

  /** See `Tx.savepoint`. */
  async savepoint<T>(work: () => Promise<T>): Promise<T> {
    const { client } = this.connection;
    const name = `plinth_${++this.savepoints}`;
    await client.query(`SAVEPOINT ${name}`);
    const undos: (() => void)[] = [];
    this.openSavepoints.push(undos);
    let result: T;
    try {
      result = await work();
      await client.query(`RELEASE SAVEPOINT ${name}`);
    } catch (error) {
      this.openSavepoints.pop();
      for (const undo of undos.reverse()) undo();
      await client.query(`ROLLBACK TO SAVEPOINT ${name}; RELEASE SAVEPOINT ${name}`);
      throw error;
    }
    this.openSavepoints.pop();
    // Released is not committed: the savepoint around it can still roll back.
    for (const undo of undos) this.onSavepointRollback(undo);
    return result;
  }

  /**
   * The closing statements and COMMIT are one round trip, sent without waiting: where one fails, the transaction is
   * doomed, and PostgreSQL takes the COMMIT behind it for a ROLLBACK.
   *
   * @param first goes before the closing statements
   * @throws Problem where the database is at fault; the transaction is rolled back then
   */
  async commit(first: Statement | null = null): Promise<void> {
    if (!this.open) throw new Error('the transaction has ended');
    this.committing = true;
    try {
      const closings = [first, ...this.closings.map((closing) => closing())].filter((statement) => statement !== null);
      const { client } = this.connection;
      const sent = inOnePacket(client, () => [...closings.map(({ sql, parameters }) => client.query(prepared(sql, parameters))), client.query('COMMIT')]);
      const answers = await Promise.all(sent);
      // Where no closing statement failed either, someone swallowed a database error.
      if (answers.at(-1)?.command !== 'COMMIT') throw new Error('the transaction was doomed by an earlier database error');
    } catch (error) {
      await this.rollback();
      throw toDatabaseProblem(error);
    }
    this.ended = true;
    this.onEnd('committed');
    await this.connection.release();
    for (const hook of this.afterCommitHooks) hook();
  }

  /** Never throws: a connection that cannot roll back is closed, which does the same. */
  async rollback(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    this.onEnd('rolled_back');
    try {
      await this.connection.client.query('ROLLBACK');
      await this.connection.release();
    } catch (error) {
      await this.connection.release(error as Error);
    }
  }
}

/** The unit that a transaction belongs to. */
export function unitOf(tx: Tx): UnitOfWork {
  const unit = units.get(tx);
  if (unit === undefined) throw new Error('not a transaction of the Transactor');
  return unit;
}
