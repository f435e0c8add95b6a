import { Injectable } from '@nestjs/common';
import type { Tx } from '@plinth/database';
import { SealRing } from '@plinth/kernel';
import { findTotpStep, hashRecoveryCode } from './one-time-codes.js';
import { SecondFactorRepository } from './second-factor.repository.js';

/** Keeps the secrets of authenticator apps from whoever has the database alone. */
export class SecondFactorSeal extends SealRing {
  constructor(secrets: readonly Buffer[]) {
    super(secrets, 'plinth second factor v1');
  }
}

/** What came of a code. */
export type CheckedFactor =
  /** The account asks for none. */
  | 'none'
  | 'missing'
  | 'wrong'
  /** Right, and used up. */
  | 'code'
  | 'recovery_code';

/** Holds a code against the second factor of an account. */
@Injectable()
export class SecondFactorCheck {
  constructor(
    private readonly factors: SecondFactorRepository,
    private readonly seal: SecondFactorSeal,
  ) {}

  /** In the transaction that it decides over, which speaks for the account: with its commit the code is used up. */
  async check(tx: Tx, accountId: string, code: string | undefined, now: Date): Promise<CheckedFactor> {
    const factor = await this.factors.claim(tx, accountId);
    if (factor === null || factor.confirmedAt === null) return 'none';
    if (code === undefined) return 'missing';
    const typed = code.replace(/\s/g, '');
    const step = findTotpStep(this.seal.open(factor.sealed), typed, now, factor.usedStep);
    if (step !== null) {
      await this.factors.useStep(tx, accountId, step);
      return 'code';
    }
    const hash = hashRecoveryCode(typed);
    return hash !== null && (await this.factors.useRecoveryCode(tx, accountId, hash, now)) ? 'recovery_code' : 'wrong';
  }
}
