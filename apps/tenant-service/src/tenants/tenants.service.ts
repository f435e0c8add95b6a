import { Injectable } from '@nestjs/common';
import { TenantUpdatedV1 } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import { Answer, etagOf, requireMatch, type RequestContext } from '@plinth/http';
import { systemClock } from '@plinth/kernel';
import { AuditTrail, Outbox } from '@plinth/outbox';
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
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
  ) {}

  async get(ctx: RequestContext, id: string) {
    return answer(await this.transactor.read(ctx, (conn) => this.tenants.getTenant(conn, id)));
  }

  /** @throws Problem `tenant_not_found` (404), `precondition_failed` (412), `settings_too_large` (422) */
  async update(ctx: RequestContext, id: string, changes: TenantChanges) {
    return await this.transactor.run(ctx, async (tx) => {
      const tenant = await this.tenants.claimTenant(tx, id);
      requireMatch(ctx.ifMatch, tenant.version);
      const before = tenant.toView();
      const changed = tenant.change(changes, systemClock.now());
      if (Buffer.byteLength(JSON.stringify(tenant.settings)) > maxSettingsBytes) throw tenantErrors.settingsTooLarge();
      if (changed.length > 0) {
        await this.tenants.save(tx, tenant);
        this.outbox.append(tx, TenantUpdatedV1, {
          aggregateId: id,
          tenantId: id,
          traceparent: ctx.traceparent,
          payload: { tenantId: id, changed: [...changed] },
        });
      }
      this.audit.record(tx, ctx, {
        action: 'tenant.update',
        resource: { type: 'tenant', id },
        before: { ...before },
        after: { ...tenant.toView() },
        personal: ['/before/contactEmail', '/after/contactEmail'],
      });
      return answer(tenant);
    });
  }
}

function answer(tenant: Tenant) {
  return new Answer(tenant.toView(), { etag: etagOf(tenant.version) });
}
