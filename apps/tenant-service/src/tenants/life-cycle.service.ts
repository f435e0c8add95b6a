import { Injectable } from '@nestjs/common';
import { TenantActivatedV1, TenantDeactivatedV1, TenantRestoredV1, TenantSuspendedV1, TenantTierChangedV1 } from '@plinth/contracts';
import { Transactor, type Tx } from '@plinth/database';
import { Answer, etagOf, requireMatch, type RequestContext } from '@plinth/http';
import { systemClock } from '@plinth/kernel';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { RevocationsRepository } from '../revocations/revocations.repository.js';
import type { SetTierDto } from './dto/set-tier.dto.js';
import type { Tenant, TenantStep } from './tenant.entity.js';
import { TenantsRepository } from './tenants.repository.js';

/** What distinguishes the steps: they are the same in every other respect. A pending tenant is in no token, so its members' are looked at anew. */
const steps = {
  activate: { event: TenantActivatedV1, revocation: 'memberships_changed' },
  suspend: { event: TenantSuspendedV1, revocation: 'tenant_suspended' },
  restore: { event: TenantRestoredV1, revocation: 'tenant_restored' },
  deactivate: { event: TenantDeactivatedV1, revocation: 'tenant_deactivated' },
} as const;

/** What becomes of a tenant as a whole; it stands in that tenant's own trail. */
@Injectable()
export class LifeCycleService {
  constructor(
    private readonly transactor: Transactor,
    private readonly tenants: TenantsRepository,
    private readonly revocations: RevocationsRepository,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
  ) {}

  /** @throws Problem `tenant_not_found` (404), `tenant_status_conflict` (409), `precondition_failed` (412) */
  async activate(ctx: RequestContext, id: string, reason?: string) {
    return await this.take('activate', ctx, id, reason);
  }

  /** @throws Problem `tenant_not_found` (404), `tenant_status_conflict` (409), `precondition_failed` (412) */
  async suspend(ctx: RequestContext, id: string, reason: string) {
    return await this.take('suspend', ctx, id, reason);
  }

  /** @throws Problem `tenant_not_found` (404), `tenant_status_conflict` (409), `precondition_failed` (412) */
  async restore(ctx: RequestContext, id: string, reason?: string) {
    return await this.take('restore', ctx, id, reason);
  }

  /** By the owner, or by an operator. There is no way back. @throws Problem `tenant_not_found` (404), `tenant_status_conflict` (409), `precondition_failed` (412) */
  async deactivate(ctx: RequestContext, id: string, reason?: string) {
    return await this.take('deactivate', ctx, id, reason);
  }

  /** The same tier again changes nothing. @throws Problem `tenant_not_found` (404), `precondition_failed` (412) */
  async setTier(ctx: RequestContext, id: string, { tier, reason }: SetTierDto) {
    return await this.change(ctx, id, async (tx, tenant) => {
      const before = { tier: tenant.tier };
      const changed = tenant.setTier(tier, systemClock.now());
      if (changed) {
        await this.tenants.save(tx, tenant);
        this.outbox.append(tx, TenantTierChangedV1, { aggregateId: id, tenantId: id, traceparent: ctx.traceparent, payload: { tenantId: id, tier, previousTier: before.tier } });
      }
      this.record(tx, ctx, { action: 'tenant.set_tier', id, reason, before, after: { tier } });
    });
  }

  /** A step of a tenant that the transaction has claimed. Call it last: it takes the lock of the revocation feed. @throws Problem `tenant_status_conflict` (409) */
  async advance(tx: Tx, ctx: RequestContext, tenant: Tenant, step: TenantStep, reason: string | undefined): Promise<void> {
    const { id } = tenant;
    const before = { status: tenant.status };
    tenant.take(step, systemClock.now());
    await this.tenants.save(tx, tenant);
    const { event, revocation } = steps[step];
    this.outbox.append<{ tenantId: string }>(tx, event, { aggregateId: id, tenantId: id, traceparent: ctx.traceparent, payload: { tenantId: id } });
    this.record(tx, ctx, { action: `tenant.${step}`, id, reason, before, after: { status: tenant.status } });
    // Last, for it takes the lock of the feed.
    await this.revocations.append(tx, revocation, ...(revocation === 'memberships_changed' ? await this.tenants.listMemberIds(tx, id) : [id]));
  }

  private async take(step: TenantStep, ctx: RequestContext, id: string, reason: string | undefined) {
    return await this.change(ctx, id, async (tx, tenant) => {
      await this.advance(tx, ctx, tenant, step, reason);
    });
  }

  private async change(ctx: RequestContext, id: string, work: (tx: Tx, tenant: Tenant) => Promise<void>) {
    // An operator has no tenant: from here on row-level security and the trail speak of this one.
    if (ctx.principal.type === 'operator') ctx.actAs({ ...ctx.principal, tenantId: id });
    return await this.transactor.run(ctx, async (tx) => {
      const tenant = await this.tenants.claimTenant(tx, id);
      requireMatch(ctx.ifMatch, tenant.version);
      await work(tx, tenant);
      return new Answer(tenant.toView(), { etag: etagOf(tenant.version) });
    });
  }

  private record(tx: Tx, ctx: RequestContext, { action, id, reason, before, after }: { action: string; id: string; reason: string | undefined; before: object; after: object }): void {
    this.audit.record(tx, ctx, { action, resource: { type: 'tenant', id }, ...(reason === undefined ? {} : { reason }), before: { ...before }, after: { ...after } });
  }
}
