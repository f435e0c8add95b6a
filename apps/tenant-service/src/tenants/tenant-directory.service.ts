import { Injectable } from '@nestjs/common';
import { authErrors, holdsCapability } from '@plinth/auth';
import { TenantCreatedV1 } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import { created, etagOf, SignedCursor, type Page, type RequestContext } from '@plinth/http';
import { systemClock } from '@plinth/kernel';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { TenantServiceConfig } from '../config.js';
import { RevocationsRepository } from '../revocations/revocations.repository.js';
import type { CreateTenantDto } from './dto/create-tenant.dto.js';
import type { ListTenantsQuery } from './dto/list-tenants.query.js';
import type { ListedTenant, TenantFilter, TenantPosition } from './tenant-search.js';
import { maxTenantsOfUser, Tenant, type ListedTenantView } from './tenant.entity.js';
import { tenantErrors } from './tenants.errors.js';
import { TenantsRepository } from './tenants.repository.js';

/** Which tenants there are: for a user its own, for operators all. */
@Injectable()
export class TenantDirectoryService {
  constructor(
    private readonly transactor: Transactor,
    private readonly tenants: TenantsRepository,
    private readonly revocations: RevocationsRepository,
    private readonly cursors: SignedCursor,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
    private readonly config: TenantServiceConfig,
  ) {}

  /** Newest first. @throws Problem `user_required`, `access_denied` (403), `cursor_invalid` (400) */
  async list(ctx: RequestContext, query: ListTenantsQuery): Promise<Page<ListedTenantView>> {
    const { type, id } = ctx.principal;
    if (type === 'operator') {
      if (!holdsCapability(ctx.principal, 'tenant.list')) throw authErrors.accessDenied();
      const filter = filterOf(query);
      return await this.page(query, [null, ...filterBinding(query)], (after, limit) => this.tenants.search(filter, after, limit));
    }
    if (type !== 'user' || id === null) throw tenantErrors.usersOnly();
    return await this.page(query, [id], (after, limit) => this.tenants.listOfAccount(id, after, limit));
  }

  /** In use at once: whoever may make one has been verified where that is asked. @throws Problem `user_required`, `email_unverified` (403), `tenants_too_many` (409) */
  async create(ctx: RequestContext, { name, contactEmail, timeZone }: CreateTenantDto) {
    const { principal } = ctx;
    const { type, id: ownerId } = principal;
    if (type !== 'user' || ownerId === null) throw tenantErrors.usersOnly();
    if ((await this.tenants.countOfAccount(ownerId)) >= maxTenantsOfUser) throw tenantErrors.tooMany();
    if (this.config.requireEmailVerification && !(await this.tenants.isOwnerVerified(ctx, ownerId))) throw tenantErrors.emailUnverified();
    const tenant = Tenant.create({ name, status: 'active', now: systemClock.now() });
    if (contactEmail !== undefined) tenant.contactEmail = contactEmail;
    if (timeZone !== undefined) tenant.timeZone = timeZone;
    const { id } = tenant;
    // The new tenant's rows, and its trail, are its own from the first one on.
    ctx.actAs({ ...principal, tenantId: id, roles: ['owner'] });
    return await this.transactor.run(ctx, async (tx) => {
      await this.tenants.insert(tx, tenant, ownerId);
      this.outbox.append(tx, TenantCreatedV1, {
        aggregateId: id,
        tenantId: id,
        traceparent: ctx.traceparent,
        payload: { tenantId: id, name: tenant.name, slug: tenant.slug, status: tenant.status, tier: tenant.tier, ownerId },
      });
      this.audit.record(tx, ctx, { action: 'tenant.create', resource: { type: 'tenant', id }, after: { ...tenant.toView() }, personal: ['/after/contactEmail'] });
      await this.revocations.append(tx, 'memberships_changed', ownerId);
      return created(tenant.toView(), `/v1/tenants/${id}`, { etag: etagOf(tenant.version) });
    });
  }

  private async page(query: ListTenantsQuery, binding: readonly (string | null)[], read: (after: TenantPosition | null, limit: number) => Promise<readonly ListedTenant[]>): Promise<Page<ListedTenantView>> {
    const { rows, nextCursor } = await this.cursors.readPage(query, {
      binding: ['tenants', ...binding],
      read,
      positionOf: ({ createdAt, id }: ListedTenant): TenantPosition => [createdAt.toISOString(), id],
    });
    return { data: rows.map(({ createdAt, updatedAt, ...row }) => ({ ...row, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() })), nextCursor };
  }
}

function filterOf({ status, tier, q, createdFrom, createdTo }: ListTenantsQuery): TenantFilter {
  return { status, tier, q, createdFrom: momentOf(createdFrom), createdTo: momentOf(createdTo) };
}

const momentOf = (text: string | undefined) => (text === undefined ? undefined : new Date(text));

function filterBinding({ status, tier, q, createdFrom, createdTo }: ListTenantsQuery): readonly (string | null)[] {
  return [status, tier, q, createdFrom, createdTo].map((filter) => filter ?? null);
}
