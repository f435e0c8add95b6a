import { Injectable } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import { requireMatch, type Page, type PageQuery, type RequestContext } from '@plinth/http';
import { systemClock } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { memberErrors } from '../members/members.errors.js';
import { OperatorAccessChanges } from './operator-access-changes.js';
import { end, grant, refuse, type OperatorAccess, type OperatorAccessView } from './operator-access.js';
import { OperatorAccessRepository } from './operator-access.repository.js';
import { answer, OperatorRequestsService } from './operator-requests.service.js';

/** Of one call: each is a short transaction of its own. */
const finishedACall = 100;

const decisions = { approve: grant, refuse: (access: OperatorAccess, by: string, now: Date) => refuse(access, 'tenant', by, now), end: (access: OperatorAccess, by: string, now: Date) => end(access, 'tenant', by, now) } as const;
export type TenantDecision = keyof typeof decisions;

/** What a tenant decides of the operators who look into it, or would; and what becomes of an access by the clock. */
@Injectable()
export class OperatorAccessService {
  constructor(
    private readonly transactor: Transactor,
    private readonly accesses: OperatorAccessRepository,
    private readonly changes: OperatorAccessChanges,
    private readonly requests: OperatorRequestsService,
    private readonly logger: Logger,
  ) {}

  /** Newest first. @throws Problem `cursor_invalid` (400) */
  async list(ctx: RequestContext, tenantId: string, query: PageQuery): Promise<Page<OperatorAccessView>> {
    return await this.requests.pageOf(ctx, tenantId, query);
  }

  /** By a person: a key that leaks must let nobody in. @throws Problem `person_required` (403), `operator_access_not_found` (404), `operator_access_not_open` (409), `precondition_failed` (412) */
  async decide(ctx: RequestContext, id: string, decision: TenantDecision) {
    const { type, id: by } = ctx.principal;
    if (type !== 'user' || by === null) throw memberErrors.personOnly();
    return await this.transactor.run(ctx, async (tx) => {
      const access = await this.accesses.claim(tx, id);
      requireMatch(ctx.ifMatch, access.version);
      const after = decisions[decision](access, by, systemClock.now());
      await this.changes.change(tx, ctx, access, after);
      return answer(after);
    });
  }

  /**
   * Tells of those whose time is over, each with an event and in its tenant's trail, once; that they are over does not depend on it. Asked again, or by several at
   * once, what is told already is passed over. One that fails does not keep the others from their turn.
   *
   * @throws the first error, after all have had their turn
   */
  async finishOver(ctx: RequestContext): Promise<{ readonly finished: number; readonly more: boolean }> {
    const due = await this.accesses.listDue(systemClock.now(), finishedACall);
    let finished = 0;
    const failures: unknown[] = [];
    for (const { id, tenantId } of due) {
      try {
        // A service has no tenant: in this transaction row-level security and the trail speak of this one.
        ctx.actAs({ ...ctx.principal, tenantId });
        if (await this.transactor.run(ctx, async (tx) => await this.changes.finishOver(tx, ctx, tenantId, { id }))) finished += 1;
      } catch (error) {
        this.logger.error('the end of an operator’s access could not be told', { tenantId, error });
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return { finished, more: due.length === finishedACall };
  }
}
