import { Injectable } from '@nestjs/common';
import { LegalHoldPlacedV1, LegalHoldReleasedV1 } from '@plinth/contracts';
import { Transactor, type Conn, type Tx } from '@plinth/database';
import { created, SignedCursor, type Page, type PageQuery, type RequestContext } from '@plinth/http';
import { newId, systemClock } from '@plinth/kernel';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { memberErrors } from '../members/members.errors.js';
import type { LegalHoldsQuery, PlaceAnyLegalHoldDto, PlaceLegalHoldDto } from './dto/legal-hold.dto.js';
import { legalHoldView, type LegalHold, type LegalHoldView } from './legal-hold.js';
import { legalHoldErrors } from './legal-holds.errors.js';
import { LegalHoldsRepository } from './legal-holds.repository.js';

/** What is to be held. */
interface Held {
  readonly tenantId: string | null;
  readonly accountId: string | null;
  readonly reason: string;
}

/**
 * Placing and releasing holds. They are rows that stay; several on one thing each hold it by themselves. A hold on a tenant, or on a person within
 * it, stands in that tenant's trail, whoever placed it; one on a person everywhere in the platform's.
 */
@Injectable()
export class LegalHoldsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly holds: LegalHoldsRepository,
    private readonly cursors: SignedCursor,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
  ) {}

  /** Of one tenant, newest first, released ones too. @throws Problem `cursor_invalid` (400) */
  async list(ctx: RequestContext, tenantId: string, query: PageQuery): Promise<Page<LegalHoldView>> {
    return await this.page(query, ['legal-holds', tenantId], (before, limit) => this.transactor.read(ctx, (conn) => this.holds.listHolds(conn, { tenantId }, before, limit)));
  }

  /** Over all tenants, for operators. @throws Problem `cursor_invalid` (400) */
  async listAll(query: LegalHoldsQuery): Promise<Page<LegalHoldView>> {
    const { tenantId, accountId } = query;
    return await this.page(query, ['legal-holds', tenantId ?? '', accountId ?? ''], (before, limit) => this.readAll((conn) => this.holds.listHolds(conn, { tenantId, accountId }, before, limit)));
  }

  /** By the owner, on the tenant or on a member. @throws Problem `member_not_found` (404) */
  async place(ctx: RequestContext, tenantId: string, { accountId: onAccount, reason }: PlaceLegalHoldDto) {
    const accountId = onAccount ?? null;
    return await this.add(ctx, { tenantId, accountId, reason }, async (tx) => {
      // Of a stranger's account a tenant decides nothing.
      if (accountId !== null && !(await this.holds.isMember(tx, tenantId, accountId))) throw memberErrors.notFound();
    });
  }

  /** By an operator, on whatever there is. @throws Problem `legal_hold_on_nothing` (422) */
  async placeAny(ctx: RequestContext, { tenantId: onTenant, accountId: onAccount, reason }: PlaceAnyLegalHoldDto) {
    const [tenantId, accountId] = [onTenant ?? null, onAccount ?? null];
    if (tenantId === null && accountId === null) throw legalHoldErrors.onNothing();
    ctx.actAs({ ...ctx.principal, tenantId });
    return await this.add(ctx, { tenantId, accountId, reason }, async (tx) => {
      if (tenantId !== null && !(await this.holds.isTenant(tx, tenantId))) throw legalHoldErrors.onNothing();
    });
  }

  /** @throws Problem `legal_hold_not_found` (404), `legal_hold_released` (409), `legal_hold_of_platform` (403) */
  async release(ctx: RequestContext, id: string, reason: string): Promise<LegalHoldView> {
    return await this.transactor.run(ctx, async (tx) => {
      const hold = await this.holds.claim(tx, id);
      if (hold.byOperator && ctx.principal.type !== 'operator') throw legalHoldErrors.ofPlatform();
      if (hold.releasedAt !== null) throw legalHoldErrors.releasedAlready();
      const released: LegalHold = { ...hold, releasedAt: systemClock.now(), releasedBy: placerOf(ctx), releaseReason: reason };
      await this.holds.release(tx, released);
      const { tenantId, accountId } = hold;
      this.outbox.append(tx, LegalHoldReleasedV1, { aggregateId: id, tenantId, traceparent: ctx.traceparent, payload: { holdId: id, tenantId, accountId } });
      this.audit.record(tx, ctx, { action: 'legal_hold.release', resource: { type: 'legal_hold', id }, reason, before: { tenantId, accountId } });
      return legalHoldView(released);
    });
  }

  /** By an operator, of whichever tenant. @throws Problem `legal_hold_not_found` (404), `legal_hold_released` (409) */
  async releaseAny(ctx: RequestContext, id: string, reason: string): Promise<LegalHoldView> {
    const hold = await this.readAll((conn) => this.holds.find(conn, id));
    if (hold === null) throw legalHoldErrors.notFound();
    ctx.actAs({ ...ctx.principal, tenantId: hold.tenantId });
    return await this.release(ctx, id, reason);
  }

  private async add(ctx: RequestContext, { tenantId, accountId, reason }: Held, check: (tx: Tx) => Promise<void>) {
    const id = newId();
    const hold: LegalHold = {
      ...{ id, tenantId, accountId, reason, placedBy: placerOf(ctx), byOperator: ctx.principal.type === 'operator', placedAt: systemClock.now() },
      ...{ releasedAt: null, releasedBy: null, releaseReason: null },
    };
    return await this.transactor.run(ctx, async (tx) => {
      await check(tx);
      await this.holds.insert(tx, hold);
      this.outbox.append(tx, LegalHoldPlacedV1, { aggregateId: id, tenantId, traceparent: ctx.traceparent, payload: { holdId: id, tenantId, accountId } });
      this.audit.record(tx, ctx, { action: 'legal_hold.place', resource: { type: 'legal_hold', id }, reason, after: { tenantId, accountId } });
      return created(legalHoldView(hold), hold.byOperator ? `/v1/admin/legal-holds/${id}` : `/v1/tenants/${tenantId}/legal-holds/${id}`);
    });
  }

  /** A system query: operators look over all tenants. */
  private async readAll<T>(work: (conn: Conn) => Promise<T>): Promise<T> {
    return await this.transactor.readSystem('legal_holds', work);
  }

  private async page(query: PageQuery, binding: readonly string[], read: (before: string | null, limit: number) => Promise<readonly LegalHold[]>): Promise<Page<LegalHoldView>> {
    const { rows, nextCursor } = await this.cursors.readPage(query, { binding: [...binding], read, positionOf: ({ id }: LegalHold) => id });
    return { data: rows.map(legalHoldView), nextCursor };
  }
}

function placerOf({ principal: { id } }: RequestContext): string {
  if (id === null) throw new Error('the guard lets nobody in without an id');
  return id;
}
