import { Injectable } from '@nestjs/common';
import type { Conn } from '@plinth/database';

export interface ConsentRow {
  readonly document: string;
  readonly version: string;
  readonly givenAt: Date;
  readonly ip: string | null;
}

@Injectable()
export class ConsentsRepository {
  /** Newest first, those of one moment by their document. Row-level security shows no other's; an account has one for each version of a few documents. */
  async listOf(conn: Conn, accountId: string): Promise<readonly ConsentRow[]> {
    return await conn.query<ConsentRow>(
      `SELECT document, document_version AS version, given_at AS "givenAt", ip FROM tenancy.consent WHERE account_id = $1
       ORDER BY given_at DESC, document, id`,
      [accountId],
    );
  }
}
