import { Injectable } from '@nestjs/common';
import { Transactor, type Tx } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { ExternalClaim, type CallOutcome } from './external-claim.js';

/**
 * Calls to the outside from keyed requests, on routes that declare `external`. No transaction is open
 * during the call: `begin` commits the claim, `end` commits what the call led to together with its
 * answer. What nobody ends (kill -9 in between) is answered `outcome_unknown` after its lease, and
 * never called a second time.
 */
@Injectable()
export class ExternalCalls {
  constructor(private readonly transactor: Transactor) {}

  /**
   * Before the call. Without an `Idempotency-Key` there is nothing to claim.
   *
   * @returns a key for other sides that take one: the same for every request with this client's key, a new one without
   * @throws the signal that a kept answer is given again; Problem 409 for a call that runs or whose outcome is unknown, 422 for a key of another request
   */
  async begin(ctx: RequestContext): Promise<string> {
    const claim = claimOf(ctx);
    if (claim === null) return newId();
    const { tenantId, principalId } = ctx;
    await this.transactor.run({ tenantId, principalId, opening: claim }, (tx) => claim.begin(tx));
    return claim.outsideKey;
  }

  /**
   * After the call: one transaction for its effect here and for its outcome.
   *
   * @param outcome the answer, kept for repeated requests; `retryable` lets the key go, `unknown` ends the lease at once
   */
  async end<T>(ctx: RequestContext, outcome: CallOutcome, work: (tx: Tx) => Promise<T>): Promise<T> {
    const claim = claimOf(ctx);
    const { tenantId, principalId } = ctx;
    return await this.transactor.run({ tenantId, principalId, opening: claim?.reopening }, async (tx) => {
      const result = await work(tx);
      await claim?.end(tx, outcome);
      return result;
    });
  }

  /** After `begin`, where no call was made after all: lets the key go. */
  async abandon(ctx: RequestContext): Promise<void> {
    if (claimOf(ctx) !== null) await this.end(ctx, 'retryable', () => Promise.resolve());
  }
}

function claimOf({ claim, deferCommit }: RequestContext): ExternalClaim | null {
  if (claim instanceof ExternalClaim) return claim;
  if (claim !== undefined || deferCommit) throw new Error('the route calls the outside: declare @Idempotent({ external: { leaseSeconds } })');
  return null;
}
