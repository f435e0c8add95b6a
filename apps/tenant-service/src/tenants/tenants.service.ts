import { Injectable } from '@nestjs/common';
import { TenantUpdatedV1 } from '@plinth/contracts';
import { Transactor, type Tx } from '@plinth/database';
import { Answer, etagOf, requireMatch, type RequestContext } from '@plinth/http';
import { systemClock } from '@plinth/kernel';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { memberErrors } from '../members/members.errors.js';
import { OperatorAccessChanges } from '../operator-access/operator-access-changes.js';
import { operatorAccessPolicyOf } from '../operator-access/operator-access.policy.js';
import type { Billing } from './billing.js';
import { settingFaults } from './known-settings.js';
import type { Tenant, TenantChanges } from './tenant.entity.js';
import { tenantErrors } from './tenants.errors.js';
import { TenantsRepository } from './tenants.repository.js';

/** Of the stored JSON, in bytes. */
const maxSettingsBytes = 65_536;

@Injectable()
export class TenantsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly tenants: TenantsRepository,
    private readonly operators: OperatorAccessChanges,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
  ) {}

  async get(ctx: RequestContext, id: string) {
    return answer(await this.transactor.read(ctx, (conn) => this.tenants.getTenant(conn, id)));
  }

  /**
   * A tenant that closes itself to operators ends what they have at once. Whether they are let in is for a person to say: neither for a key that leaks nor for the operator who is in.
   *
   * @throws Problem `person_required` (403), `tenant_not_found` (404), `precondition_failed` (412), `settings_invalid`, `settings_too_large` (422)
   */
  async update(ctx: RequestContext, id: string, changes: TenantChanges) {
    return await this.transactor.run(ctx, async (tx) => {
      const tenant = await this.tenants.claimTenant(tx, id);
      requireMatch(ctx.ifMatch, tenant.version);
      const [before, policy] = [tenant.toView(), operatorAccessPolicyOf(tenant.settings)];
      const changed = tenant.change(changes, systemClock.now());
      const faults = settingFaults(tenant.settings, Object.keys(changes.settings ?? {}));
      if (faults.length > 0) throw tenantErrors.settingsInvalid(faults);
      const policyNow = operatorAccessPolicyOf(tenant.settings);
      if (policyNow !== policy && ctx.principal.type !== 'user') throw memberErrors.personOnly();
      if (Buffer.byteLength(JSON.stringify(tenant.settings)) > maxSettingsBytes) throw tenantErrors.settingsTooLarge();
      if (changed.length > 0) {
        await this.tenants.save(tx, tenant);
        this.tellUpdated(tx, ctx, id, changed);
      }
      this.audit.record(tx, ctx, {
        action: 'tenant.update',
        resource: { type: 'tenant', id },
        before: { ...before },
        after: { ...tenant.toView() },
        personal: ['/before/contactEmail', '/after/contactEmail'],
      });
      if (policyNow === 'closed' && policyNow !== policy) await this.operators.closeAll(tx, ctx, id);
      return answer(tenant);
    });
  }

  async getBilling(ctx: RequestContext, id: string) {
    return billingOf(await this.transactor.read(ctx, (conn) => this.tenants.getTenant(conn, id)));
  }

  /** @throws Problem `tenant_not_found` (404), `precondition_failed` (412) */
  async setBilling(ctx: RequestContext, id: string, billing: Billing) {
    return await this.transactor.run(ctx, async (tx) => {
      const tenant = await this.tenants.claimTenant(tx, id);
      requireMatch(ctx.ifMatch, tenant.version);
      const before = tenant.billing;
      if (tenant.setBilling(billing, systemClock.now())) {
        await this.tenants.save(tx, tenant);
        this.tellUpdated(tx, ctx, id, ['billing']);
      }
      this.audit.record(tx, ctx, {
        action: 'tenant.update',
        resource: { type: 'tenant', id },
        before: { billing: before },
        after: { billing },
        personal: ['/before/billing', '/after/billing'],
      });
      return billingOf(tenant);
    });
  }

  private tellUpdated(tx: Tx, { traceparent }: RequestContext, id: string, changed: readonly string[]): void {
    this.outbox.append(tx, TenantUpdatedV1, { aggregateId: id, tenantId: id, traceparent, payload: { tenantId: id, changed: [...changed] } });
  }
}

function billingOf(tenant: Tenant) {
  return new Answer(tenant.billing, { etag: etagOf(tenant.version) });
}

function answer(tenant: Tenant) {
  return new Answer(tenant.toView(), { etag: etagOf(tenant.version) });
}
