import { Injectable } from '@nestjs/common';
import type { Tx } from '@plinth/database';
import type { Principal } from '@plinth/http';
import { LegalHolds } from '../legal-holds/legal-holds.js';
import { erasureErrors } from './erasure.errors.js';
import { ErasuresRepository } from './erasures.repository.js';

/** When an account cannot be erased. */
@Injectable()
export class ErasureConditions {
  constructor(
    private readonly erasures: ErasuresRepository,
    private readonly holds: LegalHolds,
  ) {}

  /** Before anything is asked of the caller. @throws Problem `operator_account`, `sole_owner` (409) */
  async requireNobodyLeftBehind({ type }: Principal, accountId: string): Promise<void> {
    if (type === 'operator') throw erasureErrors.operatorAccount();
    const solelyOwned = await this.erasures.listSolelyOwned(accountId);
    if (solelyOwned.length > 0) throw erasureErrors.soleOwner(solelyOwned);
  }

  /** In the transaction that closes the account, or erases it. @throws Problem `legal_hold` (409) */
  async requireNotHeld(tx: Tx, accountId: string): Promise<void> {
    await this.holds.requireNone(tx, { accountId });
  }
}
