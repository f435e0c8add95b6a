import { Injectable } from '@nestjs/common';
import type { Tx } from '@plinth/database';

/** When a key was last let in. */
export interface ApiKeyUse {
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
}

/**
 * The later of two times stands, whoever tells them in whatever order; a clock that is ahead tells the present at most. What is no
 * key is passed over. In the order of the ids, so that two gateways that tell of the same keys wait and do not deadlock; by
 * the primary keys.
 */
export const stampUses = `
  INSERT INTO tenancy.api_key_use AS known (api_key_id, tenant_id, last_used_at)
  SELECT k.id, k.tenant_id, least(max(used.at), now()) FROM unnest($1::uuid[], $2::timestamptz[]) AS used (id, at)
  JOIN tenancy.api_key k ON k.id = used.id GROUP BY k.id, k.tenant_id ORDER BY k.id
  ON CONFLICT (api_key_id) DO UPDATE SET last_used_at = EXCLUDED.last_used_at WHERE known.last_used_at < EXCLUDED.last_used_at`;

/**
 * When keys were last used, as gateways tell. Apart from the keys' own rows, so that no change of a key waits for it.
 *
 * @ruleExempt idempotency: the later of two times stands, so telling it twice changes nothing
 */
@Injectable()
export class ApiKeyUsesRepository {
  /** @param tx of the system: a gateway tells of all tenants' keys at once */
  async stamp(tx: Tx, uses: readonly ApiKeyUse[]): Promise<void> {
    await tx.query(stampUses, [uses.map(({ id }) => id), uses.map(({ at }) => at)]);
  }
}
