import type { OpenConnection } from './connections.js';
import { toDatabaseProblem } from './errors.js';
import type { Tx } from './tx.js';

const units = new WeakMap<Tx, UnitOfWork>();

/** One transaction from BEGIN to its end, and what waits for that end. */
export class UnitOfWork {
  private readonly beforeCommitHooks: (() => Promise<void>)[] = [];
  private readonly afterCommitHooks: (() => void)[] = [];
  private ended = false;

  constructor(
    readonly tx: Tx,
    private readonly connection: OpenConnection,
    private readonly onEnd: (outcome: 'committed' | 'rolled_back') => void = () => undefined,
  ) {
    units.set(tx, this);
  }

  get open(): boolean {
    return !this.ended;
  }

  /** Work that belongs at the very end of the transaction, in the order of registration. */
  beforeCommit(hook: () => Promise<void>): void {
    this.beforeCommitHooks.push(hook);
  }

  /** A wake-up hint after the commit. It may be lost: nothing that matters goes here. */
  afterCommit(hook: () => void): void {
    this.afterCommitHooks.push(hook);
  }

  /** @throws Problem where the database is at fault; the transaction is rolled back then */
  async commit(): Promise<void> {
    if (this.ended) throw new Error('the transaction has ended');
    try {
      for (const hook of this.beforeCommitHooks) await hook();
      const result = await this.connection.client.query('COMMIT');
      // PostgreSQL answers COMMIT of a failed transaction with ROLLBACK: someone swallowed a database error.
      if (result.command !== 'COMMIT') throw new Error('the transaction was doomed by an earlier database error');
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
