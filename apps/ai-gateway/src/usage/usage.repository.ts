import { Injectable } from '@nestjs/common';
import type { Tx } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import type { UsageRecord } from './usage-record.js';

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
}
