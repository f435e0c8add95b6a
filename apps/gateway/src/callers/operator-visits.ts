import { Injectable } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import type { Principal, RequestContext } from '@plinth/http';
import { AuditTrail } from '@plinth/outbox';

/**
 * Tells a tenant's trail of each call that an operator makes into it, reads and refused ones too (ADR 0039): one entry a call, committed before the
 * call goes on. Closed when in doubt: what cannot be told is not let through.
 *
 * @ruleExempt idempotency: each call stands in the trail, a repeated one as often as it was made
 */
@Injectable()
export class OperatorVisits {
  constructor(
    private readonly transactor: Transactor,
    private readonly audit: AuditTrail,
  ) {}

  /** Nothing for who is no operator in a tenant. @throws Problem 503 where the trail cannot be told */
  async tell(principal: Principal, { requestId, traceId, traceparent, clientIp, userAgent, method, path }: RequestContext): Promise<void> {
    const { id, tenantId, access } = principal;
    if (access === undefined) return;
    // Of the path, not of the query: what is searched for may be somebody's address.
    const [called = ''] = path.split('?');
    await this.transactor.run({ tenantId, principalId: id }, async (tx) => {
      this.audit.record(
        tx,
        { tenantId, principal, requestId, traceId, traceparent, clientIp, userAgent },
        { action: 'operator_access.call', resource: { type: 'operator_access', id: access.grantId }, after: { method, path: called.slice(0, maxPath) } },
      );
    });
  }
}

/** In characters: longer ones are of no route that there is. */
const maxPath = 500;
