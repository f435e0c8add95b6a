import { Injectable } from '@nestjs/common';
import type { Conn, Tx } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import type { UsageRecord } from './usage-record.js';

/** Where a record stands in the list by time. */
export interface UsagePosition {
  readonly occurredAt: Date;
  readonly id: string;
}

/** A record as it lies there. */
export interface ListedUsage extends Omit<UsageRecord, 'promptTokens' | 'completionTokens'> {
  readonly tenantId: string;
  readonly principalType: string;
  readonly principalId: string;
  readonly promptTokens: string;
  readonly completionTokens: string;
  readonly requestId: string;
}

@Injectable()
export class UsageRepository {
  /** @returns false where the record is there already: an earlier try has committed after all */
  async insert(tx: Tx, { principal, tenantId, requestId }: RequestContext, record: UsageRecord): Promise<boolean> {
    const rows = await tx.query(
      `INSERT INTO ai.usage_record (id, tenant_id, principal_type, principal_id, provider, model, provider_model, streamed,
         prompt_tokens, completion_tokens, estimated, ending, error_code, duration_ms, request_id, occurred_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
       ON CONFLICT (id) DO NOTHING RETURNING id`,
      [
        record.id,
        tenantId,
        principal.type,
        principal.id,
        record.provider,
        record.model,
        record.providerModel,
        record.streamed,
        record.promptTokens,
        record.completionTokens,
        record.estimated,
        record.ending,
        record.errorCode,
        record.durationMs,
        requestId,
        record.occurredAt,
      ],
    );
    return rows.length === 1;
  }

  /**
   * Of one tenant, newest first. Indexes: idx_usage_record_tenant_time, and idx_usage_record_principal for a person's.
   *
   * @param userId null for all of the tenant's
   * @param before null from the newest on
   */
  async listOf(conn: Conn, tenantId: string, userId: string | null, before: UsagePosition | null, limit: number): Promise<ListedUsage[]> {
    const parameters = [tenantId, limit, ...(before === null ? [] : [before.occurredAt, before.id]), ...(userId === null ? [] : [userId])];
    const older = before === null ? '' : 'AND (occurred_at, id) < ($3, $4::uuid)';
    const own = userId === null ? '' : `AND principal_type = 'user' AND principal_id = $${parameters.length}`;
    return await conn.query<ListedUsage>(
      `SELECT id, tenant_id AS "tenantId", principal_type AS "principalType", principal_id AS "principalId", provider, model, provider_model AS "providerModel", streamed,
         prompt_tokens::text AS "promptTokens", completion_tokens::text AS "completionTokens", estimated, ending, error_code AS "errorCode", duration_ms AS "durationMs",
         request_id AS "requestId", occurred_at AS "occurredAt"
       FROM ai.usage_record WHERE tenant_id = $1 ${older} ${own} ORDER BY occurred_at DESC, id DESC LIMIT $2`,
      parameters,
    );
  }
}
