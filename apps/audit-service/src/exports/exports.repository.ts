import { Injectable } from '@nestjs/common';
import type { Conn } from '@plinth/database';
import type { ListedRow } from '../entries/entry-view.js';
import { entryColumns } from '../trail/row-columns.js';

/** An entry with all of its leaf. */
export interface ExportedRow extends ListedRow {
  readonly content_hash: string | null;
}

/** Whose entries of a log. */
export interface PersonInLog {
  readonly person: string;
  /** Ids under which others than the person's own acts speak of the person. */
  readonly subjects: readonly string[];
}

const pageSize = 200;
/** Of before, after and personal values: a page is read into memory. One entry beyond it stands alone. */
const pageBytes = 1_048_576;

/** Reads of whole logs for archives, newest first. Row-level security says the same as each `tenant_id = $1`; the index needs it said here. */
@Injectable()
export class ExportsRepository {
  /** @param before sequence below which the page begins; null from the newest on */
  async listOfTenant(conn: Conn, tenantId: string, before: string | null): Promise<ExportedRow[]> {
    return await conn.query<ExportedRow>(pageOf('true'), [tenantId, before, pageSize, pageBytes]);
  }

  /** What the person did, and what was done to the person or to an invitation of theirs. Both by an index. */
  async listOfPerson(conn: Conn, tenantId: string, { person, subjects }: PersonInLog, before: string | null): Promise<ExportedRow[]> {
    const condition = `(actor_id = $5 OR (resource_type IN ('account', 'person', 'invitation') AND resource_id = ANY ($6::text[])))`;
    return await conn.query<ExportedRow>(pageOf(condition), [tenantId, before, pageSize, pageBytes, person, subjects]);
  }

  /** By the `_system` role: in which logs something personal of the subject stands. Index: idx_subject_key_subject. */
  async listLogsOf(conn: Conn, subject: string): Promise<string[]> {
    const rows = await conn.query<{ tenantId: string }>('SELECT tenant_id AS "tenantId" FROM audit.subject_key WHERE subject = $1 ORDER BY tenant_id', [subject]);
    return rows.map(({ tenantId }) => tenantId);
  }
}

/** The sum runs over a page at most; what is cut off by it begins the next one. */
const pageOf = (condition: string) => `
  SELECT ${entryColumns('entry')}, leaf.hash, leaf.previous_hash, leaf.content_hash
  FROM (
    SELECT page.*, sum(bytes) OVER (ORDER BY sequence DESC) - bytes AS bytes_before
    FROM (
      SELECT *, coalesce(octet_length(before::text), 0) + coalesce(octet_length(after::text), 0) + octet_length(personal::text) AS bytes
      FROM audit.entry WHERE tenant_id = $1 AND ($2::bigint IS NULL OR sequence < $2) AND ${condition} ORDER BY sequence DESC LIMIT $3
    ) page
  ) entry LEFT JOIN audit.leaf leaf ON leaf.tenant_id = entry.tenant_id AND leaf.sequence = entry.sequence
  WHERE entry.bytes_before < $4 ORDER BY entry.sequence DESC`;
