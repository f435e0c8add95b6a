import { Injectable } from '@nestjs/common';
import { platformLogId } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import { SignedCursor, type RequestContext } from '@plinth/http';
import type { ListEntriesQuery } from './dto/list-entries.query.js';
import { entryErrors } from './entries.errors.js';
import { EntriesRepository, type EntryFilters } from './entries.repository.js';
import { entryView, type EntryView } from './entry-view.js';

export interface EntryPage {
  readonly data: readonly EntryView[];
  readonly nextCursor: string | null;
}

const defaultLimit = 50;

@Injectable()
export class EntriesService {
  constructor(
    private readonly transactor: Transactor,
    private readonly entries: EntriesRepository,
    private readonly cursors: SignedCursor,
  ) {}

  /** @throws Problem `cursor_invalid` (400) */
  async listEntries(context: RequestContext, query: ListEntriesQuery): Promise<EntryPage> {
    const log = logOf(context);
    const { cursor, limit: wanted, from, to, ...equal } = query;
    const limit = wanted === undefined ? defaultLimit : Number(wanted);
    const filters: EntryFilters = { ...equal, from: momentOf(from), to: momentOf(to) };
    const binding = ['audit-entries', log.tenantId, ...bindingOf(query)];
    const before = cursor === undefined ? null : (this.cursors.open(cursor, binding) as number);
    // One more than asked for tells whether there is a next page.
    const rows = await this.transactor.read(log, (conn) => this.entries.listEntries(conn, log.tenantId, filters, before, limit + 1));
    const page = rows.slice(0, limit).map(entryView);
    const last = page.at(-1);
    return { data: page, nextCursor: rows.length > limit && last ? this.cursors.seal(last.sequence, binding) : null };
  }

  /** @throws Problem `audit_entry_not_found` (404) */
  async getEntry(context: RequestContext, id: string): Promise<EntryView> {
    const log = logOf(context);
    const row = await this.transactor.read(log, (conn) => this.entries.findEntry(conn, log.tenantId, id));
    if (row === null) throw entryErrors.notFound();
    return entryView(row);
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
