import { Injectable } from '@nestjs/common';
import { TenantRestoredV1, TenantSuspendedV1 } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import { Answer, etagOf, requireMatch, type RequestContext } from '@plinth/http';
import { systemClock } from '@plinth/kernel';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { RevocationsRepository } from '../revocations/revocations.repository.js';
import { TenantsRepository } from './tenants.repository.js';

/** What distinguishes the two ways: the way back is the same in every other respect. */
const changes = {
  suspend: { event: TenantSuspendedV1, revocation: 'tenant_suspended' },
  restore: { event: TenantRestoredV1, revocation: 'tenant_restored' },
} as const;

/** What an operator does to a tenant as a whole; it stands in that tenant's own trail. */
@Injectable()
export class SuspensionService {
  constructor(
    private readonly transactor: Transactor,
    private readonly tenants: TenantsRepository,
    private readonly revocations: RevocationsRepository,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
  ) {}

  /** @throws Problem `tenant_not_found` (404), `tenant_status_conflict` (409), `precondition_failed` (412) */
  async suspend(ctx: RequestContext, id: string, reason: string) {
    return await this.change('suspend', ctx, id, reason);
  }

  /** @throws Problem `tenant_not_found` (404), `tenant_status_conflict` (409), `precondition_failed` (412) */
  async restore(ctx: RequestContext, id: string) {
    return await this.change('restore', ctx, id);
  }

  private async change(act: keyof typeof changes, ctx: RequestContext, id: string, reason?: string) {
    // The operator has no tenant: from here on row-level security and the trail speak of this one.
    ctx.actAs({ ...ctx.principal, tenantId: id });
    return await this.transactor.run(ctx, async (tx) => {
      const tenant = await this.tenants.claimTenant(tx, id);
      requireMatch(ctx.ifMatch, tenant.version);
      const before = { status: tenant.status };
      tenant[act](systemClock.now());
      await this.tenants.save(tx, tenant);
      const { event, revocation } = changes[act];
      this.outbox.append<{ tenantId: string }>(tx, event, { aggregateId: id, tenantId: id, traceparent: ctx.traceparent, payload: { tenantId: id } });
      this.audit.record(tx, ctx, {
        action: `tenant.${act}`,
        resource: { type: 'tenant', id },
        ...(reason === undefined ? {} : { reason }),
        before,
        after: { status: tenant.status },
      });
      await this.revocations.append(tx, revocation, id);
      return new Answer(tenant.toView(), { etag: etagOf(tenant.version) });
    });
  }
}
