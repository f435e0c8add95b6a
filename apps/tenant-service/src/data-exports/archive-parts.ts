import { Injectable } from '@nestjs/common';
import type { ServiceConnection } from '@plinth/auth';
import { AiGatewayConnection, AuditServiceConnection } from '../service-connections/service-connections.js';
import type { ArchivedTable } from './archive-contents.js';

/** Tries included. Below the 30 s that a signature is good for. */
const timeoutMs = 25_000;
/** A page is about a megabyte where it lies, and written out several times that. */
const maxAnswerBytes = 32 * 1_048_576;

interface Page {
  readonly data: readonly Record<string, unknown>[];
  readonly next: string | null;
  readonly head?: unknown;
}

/**
 * What other services hold of a tenant or of a person: page by page, newest first. Each call speaks for one tenant, whose rows alone the other
 * service's row-level security shows.
 */
@Injectable()
export class ArchiveParts {
  constructor(
    private readonly auditService: AuditServiceConnection,
    private readonly aiGateway: AiGatewayConnection,
  ) {}

  /** The whole log, and its signed end as of the newest page. @throws Problem where audit-service does not answer */
  async *trailOfTenant(tenantId: string): AsyncGenerator<ArchivedTable> {
    let first = true;
    for await (const { data, head } of pagesOf(this.auditService, tenantId, '/internal/v1/exports/entries', {})) {
      if (first && typeof head === 'object' && head !== null) yield { name: 'audit_chain_head', rows: [head as Record<string, unknown>] };
      first = false;
      yield { name: 'audit_entry', rows: data };
    }
  }

  /** What the log of a tenant, or the platform's, has of a person. @param invitations that the person has accepted there */
  async *trailOfPerson(tenantId: string, person: string, invitations: readonly string[]): AsyncGenerator<ArchivedTable> {
    const query = { person, ...(invitations.length === 0 ? {} : { invitations: invitations.join(',') }) };
    for await (const { data } of pagesOf(this.auditService, tenantId, '/internal/v1/exports/entries-of-person', query)) yield { name: 'audit_entry', rows: data };
  }

  /** In whose logs a person stands; the platform's may be among them. */
  async listLogsOf(person: string): Promise<readonly string[]> {
    const { tenantIds } = ((await this.auditService.calls.json({ path: `/internal/v1/exports/logs?person=${person}`, timeoutMs })) ?? {}) as { tenantIds?: unknown };
    if (!Array.isArray(tenantIds) || !tenantIds.every((id) => typeof id === 'string')) throw new Error('the answer of audit-service has another form');
    return tenantIds;
  }

  /** @param person null for all of the tenant's */
  async *usage(tenantId: string, person: string | null): AsyncGenerator<ArchivedTable> {
    for await (const { data } of pagesOf(this.aiGateway, tenantId, '/internal/v1/exports/usage', person === null ? {} : { person })) yield { name: 'ai_usage_record', rows: data };
  }
}

async function* pagesOf({ calls }: ServiceConnection, tenantId: string, path: string, query: Readonly<Record<string, string>>): AsyncGenerator<Page> {
  let before: string | null = null;
  do {
    const parameters: string = new URLSearchParams({ ...query, ...(before === null ? {} : { before }) }).toString();
    const page: Page = pageOf(await calls.json({ path: parameters === '' ? path : `${path}?${parameters}`, tenantId, timeoutMs, maxAnswerBytes }));
    yield page;
    before = page.next;
  } while (before !== null);
}

function pageOf(answer: unknown): Page {
  const { data, next } = (answer ?? {}) as Record<string, unknown>;
  if (!Array.isArray(data) || (next !== null && typeof next !== 'string')) throw new Error('a page of another service has another form');
  return answer as Page;
}
