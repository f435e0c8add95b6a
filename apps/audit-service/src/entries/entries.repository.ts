import { Injectable } from '@nestjs/common';
import type { AuditOutcome } from '@plinth/contracts';
import type { Conn } from '@plinth/database';
import { entryColumns } from '../trail/row-columns.js';
import type { ListedRow } from './entry-view.js';

/** What narrows the list; a missing one does not. */
export interface EntryFilters {
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly resourceType?: string | undefined;
  readonly resourceId?: string | undefined;
  readonly outcome?: AuditOutcome | undefined;
  /** From this moment on. */
  readonly from?: Date | undefined;
  /** Before this moment. */
  readonly to?: Date | undefined;
  readonly q?: string | undefined;
}

/** Reads of a tenant's own log. Row-level security says the same as each `tenant_id = $1`; the index needs it said here. */
@Injectable()
export class EntriesRepository {
  /** Newest first, that is by falling sequence. @param before sequence below which the page begins; null from the newest on */
  async listEntries(conn: Conn, tenantId: string, filters: EntryFilters, before: number | null, limit: number): Promise<ListedRow[]> {
    const parameters: unknown[] = [tenantId];
    const conditions = ['entry.tenant_id = $1'];
    const narrow = (value: unknown, condition: (parameter: string) => string) => {
      if (value === undefined || value === null) return;
      parameters.push(value);
      conditions.push(condition(`$${parameters.length}`));
    };
    narrow(before, (value) => `entry.sequence < ${value}`);
    narrow(filters.actor, (value) => `entry.actor_id = ${value}`);
    narrow(filters.action, (value) => `entry.action = ${value}`);
    narrow(filters.resourceType, (value) => `entry.resource_type = ${value}`);
    narrow(filters.resourceId, (value) => `entry.resource_id = ${value}`);
    narrow(filters.outcome, (value) => `entry.outcome = ${value}`);
    narrow(filters.from, (value) => `entry.occurred_at >= ${value}`);
    narrow(filters.to, (value) => `entry.occurred_at < ${value}`);
    narrow(filters.q, (value) => `strpos(lower(${SEARCHED}), lower(${value})) > 0`);
    parameters.push(limit);
    return await conn.query<ListedRow>(
      `${SELECT_ENTRIES} WHERE ${conditions.join(' AND ')} ORDER BY entry.sequence DESC LIMIT $${parameters.length}`,
      parameters,
    );
  }

  async findEntry(conn: Conn, tenantId: string, id: string): Promise<ListedRow | null> {
    const rows = await conn.query<ListedRow>(`${SELECT_ENTRIES} WHERE entry.tenant_id = $1 AND entry.id = $2`, [tenantId, id]);
    return rows[0] ?? null;
  }
}

const SELECT_ENTRIES = `
  SELECT ${entryColumns('entry')}, leaf.hash, leaf.previous_hash
  FROM audit.entry entry LEFT JOIN audit.leaf leaf ON leaf.tenant_id = entry.tenant_id AND leaf.sequence = entry.sequence`;

/** Without an index: a search reads the tenant's entries from the newest on, until the page is full. */
const SEARCHED = `concat_ws(' ', entry.actor_id, entry.action, entry.resource_type, entry.resource_id, entry.reason,
  entry.before::text, entry.after::text)`;
