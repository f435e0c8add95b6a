import { Injectable } from '@nestjs/common';
import { quotaMetricNames, type QuotaMetric } from '@plinth/contracts';
import { Transactor, type Conn } from '@plinth/database';
import { SignedCursor, type Page, type PageQuery, type RequestContext } from '@plinth/http';
import { tenantErrors } from '../tenants/tenants.errors.js';
import { LedgerClock } from './ledger-clock.js';
import { limitOf, openingWindow } from './open-windows.js';
import { QuotaRecordsRepository, type QuotaChange } from './quota-records.repository.js';
import { ownUsageView, quotaChangeView, quotaView, usageView, type OwnUsageView, type QuotaChangeView, type QuotaView, type UsageView } from './quota-views.js';
import { QuotaWindow, type WindowState } from './quota-window.js';
import { QuotasRepository } from './quotas.repository.js';

/** What a tenant's members see of the ledger. Reading opens and closes nothing: a period that nobody has used yet is worked out. */
@Injectable()
export class QuotaViewsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly quotas: QuotasRepository,
    private readonly records: QuotaRecordsRepository,
    private readonly clock: LedgerClock,
    private readonly cursors: SignedCursor,
  ) {}

  /** One for each metric. @throws Problem `tenant_not_found` (404) where it is not the caller's */
  async listQuotas(ctx: RequestContext, tenantId: string): Promise<{ readonly data: readonly QuotaView[] }> {
    const standings = await this.transactor.read(ctx, (conn) => this.standings(conn, tenantId));
    return { data: standings.map(({ window }) => quotaView(window)) };
  }

  /** Of the caller's own tenant. */
  async listOwn(ctx: RequestContext): Promise<{ readonly data: readonly OwnUsageView[] }> {
    const { tenantId } = ctx;
    if (tenantId === null) throw new Error('the guard lets nobody in without a tenant');
    const standings = await this.transactor.read(ctx, (conn) => this.standings(conn, tenantId));
    return { data: standings.map(({ window, now }) => ownUsageView(window, now)) };
  }

  /** Past and present periods, newest first. @throws Problem `tenant_not_found` (404), `cursor_invalid` (400) */
  async listUsage(ctx: RequestContext, tenantId: string, query: PageQuery): Promise<Page<UsageView>> {
    await this.requireTenant(ctx, tenantId);
    const { rows, nextCursor } = await this.cursors.readPage(query, {
      binding: ['quota-usage', tenantId],
      read: (before: string | null, limit) => this.transactor.read(ctx, (conn) => this.records.listWindows(conn, tenantId, before, limit)),
      positionOf: ({ id }: WindowState) => id,
    });
    return { data: rows.map(usageView), nextCursor };
  }

  /** What operators decided, newest first. @throws Problem `tenant_not_found` (404), `cursor_invalid` (400) */
  async listChanges(ctx: RequestContext, tenantId: string, query: PageQuery): Promise<Page<QuotaChangeView>> {
    await this.requireTenant(ctx, tenantId);
    const { rows, nextCursor } = await this.cursors.readPage(query, {
      binding: ['quota-changes', tenantId],
      read: (before: number | null, limit) => this.transactor.read(ctx, (conn) => this.records.listChanges(conn, tenantId, before, limit)),
      positionOf: ({ sequence }: QuotaChange) => sequence,
    });
    return { data: rows.map(quotaChangeView), nextCursor };
  }

  private async standings(conn: Conn, tenantId: string): Promise<readonly { readonly window: QuotaWindow; readonly now: Date }[]> {
    const open = new Map((await this.records.listOpen(conn, tenantId)).map((state) => [state.metric, state]));
    const standings: { readonly window: QuotaWindow; readonly now: Date }[] = [];
    for (const metric of quotaMetricNames) standings.push(await this.standing(conn, tenantId, metric, open.get(metric)));
    return standings;
  }

  private async standing(conn: Conn, tenantId: string, metric: QuotaMetric, state: WindowState | undefined) {
    const facts = await this.quotas.findFacts(conn, tenantId, metric);
    if (facts === null) throw tenantErrors.notFound();
    const now = this.clock.read(facts.databaseTime);
    const open = state === undefined ? undefined : new QuotaWindow(state);
    const window = open === undefined || open.hasEnded(now) ? new QuotaWindow(openingWindow(tenantId, metric, facts, now)) : open;
    window.limitTo(limitOf(metric, facts));
    return { window, now };
  }

  private async requireTenant(ctx: RequestContext, tenantId: string): Promise<void> {
    if ((await this.transactor.read(ctx, (conn) => this.quotas.findFacts(conn, tenantId, 'api_calls'))) === null) throw tenantErrors.notFound();
  }
}
