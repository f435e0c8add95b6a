import { Injectable } from '@nestjs/common';
import { platformLogId } from '@plinth/contracts';
import { Transactor, type Conn } from '@plinth/database';
import { SignedCursor, type Page, type RequestContext } from '@plinth/http';
import { SubjectKeysService } from '../trail/subject-keys.service.js';
import type { ListEntriesQuery } from './dto/list-entries.query.js';
import { entryErrors } from './entries.errors.js';
import { EntriesRepository, type EntryFilters } from './entries.repository.js';
import { entryView, type EntryView, type ListedRow } from './entry-view.js';

@Injectable()
export class EntriesService {
  constructor(
    private readonly transactor: Transactor,
    private readonly entries: EntriesRepository,
    private readonly subjects: SubjectKeysService,
    private readonly cursors: SignedCursor,
  ) {}

  /** @throws Problem `cursor_invalid` (400) */
  async listEntries(context: RequestContext, query: ListEntriesQuery): Promise<Page<EntryView>> {
    const log = logOf(context);
    const { from, to, ...equal } = query;
    const filters: EntryFilters = { ...equal, from: momentOf(from), to: momentOf(to) };
    const { rows, nextCursor } = await this.cursors.readPage(query, {
      binding: ['audit-entries', log.tenantId, ...bindingOf(query)],
      read: (before: number | null, limit) =>
        this.transactor.read(log, async (conn) => this.viewed(conn, log.tenantId, await this.entries.listEntries(conn, log.tenantId, filters, before, limit))),
      positionOf: ({ sequence }) => sequence,
    });
    return { data: rows, nextCursor };
  }

  /** @throws Problem `audit_entry_not_found` (404) */
  async getEntry(context: RequestContext, id: string): Promise<EntryView> {
    const log = logOf(context);
    const [entry] = await this.transactor.read(log, async (conn) => {
      const row = await this.entries.findEntry(conn, log.tenantId, id);
      return await this.viewed(conn, log.tenantId, row === null ? [] : [row]);
    });
    if (entry === undefined) throw entryErrors.notFound();
    return entry;
  }

  private async viewed(conn: Conn, tenantId: string, rows: readonly ListedRow[]): Promise<EntryView[]> {
    const keys = await this.subjects.keysOfRows(conn, tenantId, rows);
    return rows.map((row) => entryView(row, keys));
  }
}

/** For whom the log is read: who has no tenant, an operator, reads the platform's. */
function logOf({ tenantId, principalId }: RequestContext) {
  return { tenantId: tenantId ?? platformLogId, principalId };
}

/** Every filter and its value, in an order that does not depend on the query's. */
function bindingOf({ actor, action, resourceType, resourceId, outcome, from, to, q }: ListEntriesQuery): (string | null)[] {
  return [actor, action, resourceType, resourceId, outcome, from, to, q].map((value) => value ?? null);
}

function momentOf(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}
