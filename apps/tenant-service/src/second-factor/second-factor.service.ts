import { Injectable } from '@nestjs/common';
import { Transactor, type Tx } from '@plinth/database';
import { created, type RequestContext } from '@plinth/http';
import { reject, systemClock } from '@plinth/kernel';
import { TenantServiceConfig } from '../config.js';
import { OwnPassword, type OwnAccount } from '../sessions/own-password.js';
import { findTotpStep, hashRecoveryCode, newRecoveryCodes, newTotpSecret, totpSecretText, totpUri } from './one-time-codes.js';
import { SecondFactorChange } from './second-factor-change.js';
import { SecondFactorCheck, SecondFactorSeal } from './second-factor-check.js';
import { secondFactorErrors } from './second-factor.errors.js';
import { SecondFactorRepository } from './second-factor.repository.js';
import type { ProposedFactorView, SecondFactorView } from './second-factor-view.js';

/** What people do with the second factor of their account. Each change asks for the password; to give it up, for a code too. */
@Injectable()
export class SecondFactorService {
  constructor(
    private readonly transactor: Transactor,
    private readonly own: OwnPassword,
    private readonly factors: SecondFactorRepository,
    private readonly seal: SecondFactorSeal,
    private readonly codes: SecondFactorCheck,
    private readonly change: SecondFactorChange,
    private readonly config: TenantServiceConfig,
  ) {}

  /** @throws Problem `session_required` (403) for a caller without a session */
  async describe(ctx: RequestContext): Promise<SecondFactorView> {
    const { accountId } = await this.own.read(ctx);
    const factor = await this.transactor.read(ctx, (conn) => this.factors.read(conn, accountId));
    const confirmedAt = factor?.confirmedAt ?? null;
    return { enabled: confirmedAt !== null, enabledAt: confirmedAt?.toISOString() ?? null, recoveryCodesLeft: confirmedAt === null ? 0 : (factor?.codesLeft ?? 0) };
  }

  /**
   * A secret for the authenticator app. It counts once a code of it was shown.
   *
   * @throws Problem `session_required` (403), `second_factor_exists` (409), `too_many_attempts` (429); `password_wrong` (403) is a rejection
   */
  async propose(ctx: RequestContext, password: string) {
    const secret = newTotpSecret();
    return await this.proven(ctx, password, 'auth.propose_second_factor', async (tx, own) => {
      if (!(await this.factors.propose(tx, own.accountId, this.seal.seal(secret), systemClock.now()))) throw secondFactorErrors.exists();
      this.change.record(tx, ctx, 'auth.propose_second_factor');
      await this.own.succeeded(tx, ctx, own);
      const view: ProposedFactorView = { secret: totpSecretText(secret), uri: totpUri(secret, new URL(this.config.productUrl).hostname, own.email) };
      return created(view, '/v1/auth/second-factor');
    });
  }

  /**
   * From now on a sign-in asks for a code; whoever else is signed in is signed out.
   *
   * @throws Problem `session_required`, `second_factor_wrong` (403), `second_factor_not_set_up` (404), `second_factor_exists` (409)
   */
  async confirm(ctx: RequestContext, code: string) {
    const own = await this.own.read(ctx);
    return await this.transactor.run(ctx, async (tx) => {
      const now = systemClock.now();
      const factor = await this.factors.claim(tx, own.accountId);
      if (factor === null) throw secondFactorErrors.notSetUp();
      if (factor.confirmedAt !== null) throw secondFactorErrors.exists();
      const step = findTotpStep(this.seal.open(factor.sealed), code, now, null);
      if (step === null) throw secondFactorErrors.wrong();
      await this.factors.confirm(tx, own.accountId, step, now);
      const recoveryCodes = await this.giveRecoveryCodes(tx, own);
      await this.change.enabled(tx, ctx, own);
      return { recoveryCodes };
    });
  }

  /** The old ones are good no more. @throws Problem as `disable` */
  async renewRecoveryCodes(ctx: RequestContext, password: string, code: string) {
    const action = 'auth.renew_recovery_codes';
    return await this.proven(ctx, password, action, async (tx, own) => {
      const refusal = await this.requireCode(tx, ctx, own, code, action);
      if (refusal !== null) return refusal;
      const recoveryCodes = await this.giveRecoveryCodes(tx, own);
      this.change.record(tx, ctx, action);
      return { recoveryCodes };
    });
  }

  /**
   * @throws Problem `session_required` (403), `second_factor_not_set_up` (404), `second_factor_demanded` (409), `too_many_attempts` (429); `password_wrong`
   *   and `second_factor_wrong` (403) are rejections
   */
  async disable(ctx: RequestContext, password: string, code: string) {
    const action = 'auth.disable_second_factor';
    if (this.config.operatorSecondFactor === 'required' && ctx.principal.type === 'operator') throw secondFactorErrors.demanded();
    return await this.proven(ctx, password, action, async (tx, own) => {
      const refusal = await this.requireCode(tx, ctx, own, code, action);
      if (refusal !== null) return refusal;
      await this.factors.remove(tx, own.accountId);
      await this.change.disabled(tx, ctx, own);
      return undefined;
    });
  }

  private async proven<T>(ctx: RequestContext, password: string, action: string, work: (tx: Tx, own: OwnAccount) => Promise<T>) {
    const own = await this.own.read(ctx);
    const right = await this.own.verify(ctx, own, password);
    return await this.transactor.run(ctx, async (tx) => (right && (await this.own.holds(tx, own)) ? await work(tx, own) : this.own.refuse(tx, ctx, own, action)));
  }

  /** Null where the code is right; it is used up then. A wrong one counts as a sign-in that failed. */
  private async requireCode(tx: Tx, ctx: RequestContext, own: OwnAccount, code: string, action: string) {
    const checked = await this.codes.check(tx, own.accountId, code, systemClock.now());
    if (checked === 'none') throw secondFactorErrors.notSetUp();
    if (checked === 'code' || checked === 'recovery_code') {
      await this.own.succeeded(tx, ctx, own);
      return null;
    }
    this.change.record(tx, ctx, action, 'second_factor_wrong');
    return reject(secondFactorErrors.wrong());
  }

  private async giveRecoveryCodes(tx: Tx, { accountId }: OwnAccount): Promise<string[]> {
    const codes = newRecoveryCodes();
    await this.factors.replaceRecoveryCodes(tx, accountId, codes.flatMap((code) => hashRecoveryCode(code) ?? []));
    return codes;
  }
}
