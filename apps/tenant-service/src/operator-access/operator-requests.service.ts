import { Injectable } from '@nestjs/common';
import { operatorAccessMinutes, readableByOperators } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import { Answer, created, etagOf, requireMatch, SignedCursor, type Page, type PageQuery, type RequestContext } from '@plinth/http';
import { newId, reject, systemClock } from '@plinth/kernel';
import { MailQueue } from '../mail/mail-queue.js';
import { MembersRepository } from '../members/members.repository.js';
import { TenantsRepository } from '../tenants/tenants.repository.js';
import type { RequestAccessDto } from './dto/request-access.dto.js';
import { OperatorAccessChanges } from './operator-access-changes.js';
import { operatorAccessErrors } from './operator-access.errors.js';
import { operatorAccessPolicyOf } from './operator-access.policy.js';
import { OperatorAccessRepository } from './operator-access.repository.js';
import { asOf, end, grant, operatorAccessView, refuse, requestedAccess, type OperatorAccess, type OperatorAccessView } from './operator-access.js';

/** Of a tenant's owners and admins, who are told by mail that somebody asks. */
const mostTold = 20;

/** How operators come to look into a tenant, and stop. All of it stands in that tenant's own trail. */
@Injectable()
export class OperatorRequestsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly tenants: TenantsRepository,
    private readonly accesses: OperatorAccessRepository,
    private readonly changes: OperatorAccessChanges,
    private readonly members: MembersRepository,
    private readonly mails: MailQueue,
    private readonly cursors: SignedCursor,
  ) {}

  /**
   * Granted at once, waiting for the tenant's answer, or refused, as the tenant's setting `operatorAccess` has it.
   *
   * @throws Problem `tenant_not_found` (404), `operator_access_open`, `operator_access_tenant_not_active` (409); `operator_access_closed` (403) is a rejection, so
   *   that the tenant sees who has asked
   */
  async request(ctx: RequestContext, tenantId: string, { reason, capabilities = [...readableByOperators], minutes = operatorAccessMinutes.default }: RequestAccessDto) {
    const { id: operatorId } = ctx.principal;
    if (operatorId === null) throw new Error('an operator is somebody');
    // An operator has no tenant: from here on row-level security and the trail speak of this one.
    ctx.actAs({ ...ctx.principal, tenantId });
    const deciders = await this.members.listAddressesOfAdmins(tenantId, mostTold);
    return await this.transactor.run(ctx, async (tx) => {
      // With the tenant locked its policy stays as it is until the commit.
      const tenant = await this.tenants.claimTenant(tx, tenantId);
      if (tenant.status !== 'active') throw operatorAccessErrors.tenantNotActive();
      await this.changes.finishOver(tx, ctx, tenantId, { operatorId });
      const now = systemClock.now();
      const asked = requestedAccess({ id: newId(), tenantId, operatorId, capabilities, reason, minutes, now });
      const policy = operatorAccessPolicyOf(tenant.settings);
      const decided = policy === 'open' ? grant(asked, null, now) : policy === 'closed' ? refuse(asked, 'policy', null, now) : asked;
      if (decided.status === 'requested') for (const email of deciders) await this.mails.add(tx, 'operator_access_was_requested', email);
      await this.changes.add(tx, ctx, asked, decided);
      if (policy === 'closed') return reject(operatorAccessErrors.closed());
      return created(operatorAccessView(decided), `/v1/admin/access/${decided.id}`, { etag: etagOf(decided.version) });
    });
  }

  /** Newest first. @throws Problem `tenant_not_found` (404), `cursor_invalid` (400) */
  async list(ctx: RequestContext, tenantId: string, query: PageQuery): Promise<Page<OperatorAccessView>> {
    ctx.actAs({ ...ctx.principal, tenantId });
    await this.transactor.read(ctx, (conn) => this.tenants.getTenant(conn, tenantId));
    return await this.pageOf(ctx, tenantId, query);
  }

  /** @throws Problem `operator_access_not_found` (404) */
  async get(id: string) {
    return answer(asOf(await this.accesses.getAnyones(id), systemClock.now()));
  }

  /** A request is withdrawn, an access ended; by whichever operator. @throws Problem `operator_access_not_found` (404), `operator_access_not_open` (409), `precondition_failed` (412) */
  async end(ctx: RequestContext, id: string): Promise<void> {
    const { tenantId } = await this.accesses.getAnyones(id);
    ctx.actAs({ ...ctx.principal, tenantId });
    await this.transactor.run(ctx, async (tx) => {
      const access = await this.accesses.claim(tx, id);
      requireMatch(ctx.ifMatch, access.version);
      const now = systemClock.now();
      const by = ctx.principal.id;
      await this.changes.change(tx, ctx, access, access.status === 'requested' ? refuse(access, 'withdrawn', by, now) : end(access, 'operator', by, now));
    });
  }

  /** For the tenant too. */
  async pageOf(ctx: RequestContext, tenantId: string, query: PageQuery): Promise<Page<OperatorAccessView>> {
    const { rows, nextCursor } = await this.cursors.readPage(query, {
      binding: ['operator-access', tenantId],
      read: (before: string | null, limit) => this.transactor.read(ctx, (conn) => this.accesses.list(conn, tenantId, before, limit)),
      positionOf: ({ id }: OperatorAccess) => id,
    });
    const now = systemClock.now();
    return { data: rows.map((access) => operatorAccessView(asOf(access, now))), nextCursor };
  }
}

export function answer(access: OperatorAccess) {
  return new Answer(operatorAccessView(access), { etag: etagOf(access.version) });
}
