import { Injectable } from '@nestjs/common';
import { authErrors } from '@plinth/auth';
import { Transactor } from '@plinth/database';
import { shape, type Described, type RequestContext } from '@plinth/http';
import type { UsageExportQuery } from './dto/usage-export.query.js';
import { UsageRepository, type ListedUsage, type UsagePosition } from './usage.repository.js';

/** Some 300 bytes each. */
const pageSize = 1_000;

const exportedUsageShape = shape.record({
  id: shape.uuid(),
  tenantId: shape.uuid(),
  principalType: shape.text(),
  principalId: shape.uuid(),
  provider: shape.text(),
  model: shape.text(),
  providerModel: shape.text(),
  streamed: shape.boolean(),
  promptTokens: shape.integer(),
  completionTokens: shape.integer(),
  estimated: shape.boolean(),
  ending: shape.text(),
  errorCode: shape.nullable(shape.text()),
  durationMs: shape.integer(),
  requestId: shape.text(),
  occurredAt: shape.dateTime(),
});
export type ExportedUsage = Described<typeof exportedUsageShape>;

export const usagePageShape = shape.record({
  data: shape.list(exportedUsageShape),
  next: shape.nullable(shape.text('For the next part’s `before`; null behind the last one.')),
});

/** Parts of the use of models for archives that tenant-service makes, each in the transaction of one tenant (ADR 0050). */
@Injectable()
export class UsageExportsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly usage: UsageRepository,
  ) {}

  /** @throws Problem `tenant_required` (403) for a call in no tenant */
  async list({ tenantId, principalId }: RequestContext, { person, before }: UsageExportQuery): Promise<Described<typeof usagePageShape>> {
    if (tenantId === null) throw authErrors.tenantRequired();
    const rows = await this.transactor.read({ tenantId, principalId }, (conn) => this.usage.listOf(conn, tenantId, person ?? null, positionOf(before), pageSize));
    const last = rows.at(-1);
    return { data: rows.map(exportedUsage), next: last === undefined ? null : `${last.occurredAt.toISOString()}_${last.id}` };
  }
}

function positionOf(before: string | undefined): UsagePosition | null {
  const [time, id] = before?.split('_') ?? [];
  return time === undefined || id === undefined ? null : { occurredAt: new Date(time), id };
}

function exportedUsage({ promptTokens, completionTokens, occurredAt, ...row }: ListedUsage): ExportedUsage {
  return { ...row, promptTokens: Number(promptTokens), completionTokens: Number(completionTokens), occurredAt: occurredAt.toISOString() };
}
