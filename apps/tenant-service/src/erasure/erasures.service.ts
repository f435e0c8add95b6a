import { Injectable } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { reject, systemClock } from '@plinth/kernel';
import { OwnPassword } from '../sessions/own-password.js';
import { SessionEnd } from '../sessions/session-end.js';
import { SecondFactorCheck } from '../second-factor/second-factor-check.js';
import { secondFactorErrors } from '../second-factor/second-factor.errors.js';
import type { RequestErasureDto } from './dto/erasure.dto.js';
import { ErasureConditions } from './erasure-conditions.js';
import { ErasureRecord, requestErasure } from './erasure-record.js';
import { ErasuresRepository } from './erasures.repository.js';
import { hashReceipt, newReceipt } from './receipt.js';

/** What people ask for when they want to be forgotten. `ErasureWorker` does it. */
@Injectable()
export class ErasuresService {
  constructor(
    private readonly transactor: Transactor,
    private readonly own: OwnPassword,
    private readonly factor: SecondFactorCheck,
    private readonly sessions: SessionEnd,
    private readonly conditions: ErasureConditions,
    private readonly erasures: ErasuresRepository,
    private readonly record: ErasureRecord,
  ) {}

  /**
   * Closes the account at once, for good: nobody signs in to it any more, and who is signed in is signed out.
   *
   * @throws Problem `session_required` (403), `sole_owner`, `operator_account`, `legal_hold` (409), `too_many_attempts` (429); `password_wrong`
   *   and `second_factor_wrong` (403) are rejections
   */
  async request(ctx: RequestContext, { password, code }: RequestErasureDto) {
    const own = await this.own.read(ctx);
    await this.conditions.requireNobodyLeftBehind(ctx.principal, own.accountId);
    const right = await this.own.verify(ctx, own, password);
    return await this.transactor.run(ctx, async (tx) => {
      if (!right || !(await this.own.holds(tx, own))) return this.own.refuse(tx, ctx, own, requestErasure);
      const now = systemClock.now();
      const checked = await this.factor.check(tx, own.accountId, code, now);
      if (checked === 'wrong' || checked === 'missing') {
        this.record.codeWrong(tx, ctx, own.accountId);
        return reject(secondFactorErrors.wrong());
      }
      await this.own.succeeded(tx, ctx, own);
      await this.conditions.requireNotHeld(tx, own.accountId);
      const [id, receipt] = [this.erasures.newId(own.accountId), newReceipt()];
      await this.erasures.insert(tx, { id, accountId: own.accountId, receiptHash: hashReceipt(receipt), requestedAt: now });
      this.record.requested(tx, ctx, own.accountId, id);
      await this.sessions.revokeAll(tx, ctx, 'revoked');
      return { id, state: 'requested' as const, receipt };
    });
  }
}
