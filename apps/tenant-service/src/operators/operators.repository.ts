import { Injectable } from '@nestjs/common';
import { Transactor, type Tx } from '@plinth/database';

/** An account by its address, and whether it is an operator's. */
export interface OperatorCandidate {
  readonly id: string;
  readonly passwordHash: string;
  /** Null for an account that is no operator's. */
  readonly roles: readonly string[] | null;
}

export interface NewOperator {
  readonly id: string;
  readonly email: string;
  readonly passwordHash: string;
  readonly roles: readonly string[];
  readonly createdAt: Date;
}

/** All system queries: operators belong to no tenant, and who makes the first is nobody yet. */
@Injectable()
export class OperatorsRepository {
  constructor(private readonly transactor: Transactor) {}

  async findCandidate(email: string): Promise<OperatorCandidate | null> {
    const rows = await this.transactor.readSystem('operator_by_email', (conn) =>
      conn.query<OperatorCandidate>(
        `SELECT a.id, a.password_hash AS "passwordHash", (SELECT o.roles FROM tenancy.operator o WHERE o.account_id = a.id) AS roles
         FROM tenancy.account a WHERE a.email = $1`,
        [email],
      ),
    );
    return rows[0] ?? null;
  }

  async insert(tx: Tx, operator: NewOperator): Promise<void> {
    const { id, email, passwordHash, roles, createdAt } = operator;
    await tx.query(
      `INSERT INTO tenancy.account (id, email, password_hash, status, created_at, updated_at) VALUES ($1, $2, $3, 'active', $4, $4)`,
      [id, email, passwordHash, createdAt],
    );
    await tx.query('INSERT INTO tenancy.operator (account_id, roles, created_at) VALUES ($1, $2, $3)', [id, roles, createdAt]);
  }

  /** Row-level security lets this change the account of an operator and no other. */
  async savePassword(tx: Tx, id: string, passwordHash: string, at: Date): Promise<void> {
    await tx.query('UPDATE tenancy.account SET password_hash = $2, updated_at = $3 WHERE id = $1', [id, passwordHash, at]);
  }

  async saveRoles(tx: Tx, id: string, roles: readonly string[]): Promise<void> {
    await tx.query('UPDATE tenancy.operator SET roles = $2 WHERE account_id = $1', [id, roles]);
  }
}
