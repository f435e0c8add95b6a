import { Injectable } from '@nestjs/common';
import type { Tx } from '@plinth/database';
import { legalHoldErrors } from './legal-holds.errors.js';
import { LegalHoldsRepository } from './legal-holds.repository.js';

/** Of what is to be deleted. */
export interface MaybeHeld {
  /** Absent: whatever there is of the person, in all tenants. */
  readonly tenantId?: string;
  readonly accountId?: string;
}

/** Asked by whatever deletes something of persons or tenants, in the transaction that deletes. */
@Injectable()
export class LegalHolds {
  constructor(private readonly holds: LegalHoldsRepository) {}

  /**
   * Nothing that is named is under a legal hold, and none is placed on it before the transaction ends. A hold on a whole tenant holds its
   * members, too. Fails where the holds cannot be asked: then nothing may be deleted.
   *
   * @throws Problem `legal_hold` (409)
   */
  async requireNone(tx: Tx, { tenantId, accountId }: MaybeHeld): Promise<void> {
    if (tenantId === undefined && accountId === undefined) throw new Error('neither a tenant nor a person is named');
    if ((await this.holds.listOn(tx, tenantId ?? null, accountId ?? null)).length > 0) throw legalHoldErrors.held();
  }
}
