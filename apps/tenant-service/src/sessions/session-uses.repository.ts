import { Injectable } from '@nestjs/common';
import type { Tx } from '@plinth/database';

/**
 * When browsers' sessions were last used, as gateways ask for them.
 *
 * @ruleExempt idempotency: the later of two times stands, so noting it twice changes nothing; it is noted for the session’s person, whoever asks
 */
@Injectable()
export class SessionUsesRepository {
  /** Of an open session that was last used before `before`: it goes on from now. */
  async note(tx: Tx, id: string, use: { readonly at: Date; readonly before: Date; readonly expiresAt: Date }): Promise<void> {
    await tx.query('UPDATE tenancy.session SET refreshed_at = $2, expires_at = $4 WHERE id = $1 AND revoked_at IS NULL AND coalesce(refreshed_at, created_at) < $3', [
      ...[id, use.at, use.before, use.expiresAt],
    ]);
  }
}
