import { Injectable } from '@nestjs/common';
import { quotaMetrics } from '@plinth/contracts';
import { Transactor, type Tx } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import {
  quotaErrors,
  type EndedBlock,
  type GrantOutcome,
  type LeaseAnswer,
  type LeaseRequest,
  type QuotaStanding,
  type QuotaSubject,
  type Reservation,
  type ReserveRequest,
  type SettleRequest,
} from '@plinth/quotas';
import { OpenWindows, standingOf, type OpenWindow } from './open-windows.js';
import { QuotaWindow } from './quota-window.js';
import { quotaLedgerErrors } from './quotas.errors.js';
import { QuotasRepository, type Grant } from './quotas.repository.js';

/**
 * How long a block of a lease lives: as long as a gateway lets known callers pass without this service, so that neither
 * outlives the other. A crash forfeits what is left of one.
 */
const leaseMs = 60_000;
/** Of one block, whatever its holder would like. */
const maxBlockUnits = 100_000;

/** A block that has ended, for whoever asks for it again. */
const gone = { units: 0, expiresInMs: 0 };

/**
 * The ledger: units are taken before they are used, and told of after. Each method is one short transaction under the lock
 * of the tenant's metric. Nothing of it is audited: it counts what others do, a million times a day; what operators decide
 * is (`QuotaLimitsService`).
 */
@Injectable()
export class QuotaLedgerService {
  constructor(
    private readonly transactor: Transactor,
    private readonly windows: OpenWindows,
    private readonly quotas: QuotasRepository,
  ) {}

  /**
   * Sets units aside. Asked again under the same id, it answers as it did.
   *
   * @throws Problem `quota_exhausted` (429), `quota_grant_conflict` (409) where the id stands for other units, `tenant_not_found` (404)
   */
  async reserve(ctx: RequestContext, request: ReserveRequest): Promise<Reservation> {
    const { tenantId, metric, reservationId: id, units, ttlSeconds } = request;
    return await this.inLedger(ctx, request, async (tx, open) => {
      const known = await this.findGrant(tx, request, id);
      if (known !== null && (known.kind !== 'reservation' || known.units !== units)) throw quotaLedgerErrors.grantConflict();
      if (known !== null) return { tenantId, metric, reservationId: id, units, period: await this.periodOf(tx, open, known) };
      const { window, now } = open;
      if (!window.reserve(units)) throw quotaErrors.exhausted(metric, standingOf(open), now);
      await this.insertGrant(tx, ctx, open, { id, kind: 'reservation', units, expiresAt: new Date(now.getTime() + ttlSeconds * 1_000) });
      return { tenantId, metric, reservationId: id, units, period: window.facts.period };
    });
  }

  /**
   * Ends a reservation with what was used. It counts to the period that it was taken from, however late it comes, and also
   * where it has been forfeited. Asked again with the same units, it changes nothing.
   *
   * @throws Problem `quota_grant_not_found` (404), `quota_grant_conflict` (409) where it has ended in another way
   */
  async settle(ctx: RequestContext, request: SettleRequest): Promise<GrantOutcome> {
    return await this.inLedger(ctx, request, async (tx, open) => {
      const grant = await this.getGrant(tx, request, request.reservationId);
      if (grant.state === 'released' || (grant.state === 'settled' && grant.used !== request.units)) throw quotaLedgerErrors.grantConflict();
      return outcomeOf(grant.state === 'settled' ? grant : await this.endGrant(tx, open, grant, request.units));
    });
  }

  /**
   * Ends a reservation as if it had never been. Of a standing metric also one that was settled: the thing is no more.
   *
   * @throws Problem `quota_grant_not_found` (404), `quota_grant_conflict` (409) where units of a period are settled
   */
  async release(ctx: RequestContext, request: Omit<SettleRequest, 'units'>): Promise<GrantOutcome> {
    return await this.inLedger(ctx, request, async (tx, open) => {
      const grant = await this.getGrant(tx, request, request.reservationId);
      if (grant.state === 'released') return outcomeOf(grant);
      if (grant.state !== 'settled') return outcomeOf(await this.endGrant(tx, open, grant, 0, 'released'));
      if (quotaMetrics[request.metric].counting !== 'standing') throw quotaLedgerErrors.grantConflict();
      open.window.giveBack(grant.used ?? 0);
      return outcomeOf(await this.saveEnd(tx, open, grant, { state: 'released', used: 0 }));
    });
  }

  /**
   * A block for a holder to spend from in memory, and the end of those that it is done with. It lives for a minute, and not
   * past the end of its period. Asked again under the same id, it is the same block with what is left of its time.
   *
   * @returns a block of 0 units where there is no room
   * @throws Problem `quota_grant_conflict` (409) where the id is a reservation's
   */
  async lease(ctx: RequestContext, request: LeaseRequest): Promise<LeaseAnswer> {
    return await this.inLedger(ctx, request, async (tx, open) => {
      await this.endEach(tx, request, open, request.ended);
      const { window, now } = open;
      const known = await this.findGrant(tx, request, request.leaseId);
      if (known !== null && known.kind !== 'lease') throw quotaLedgerErrors.grantConflict();
      if (known !== null) return { ...standingOf(open), ...(known.state === 'held' ? { units: known.units, expiresInMs: known.expiresAt.getTime() - now.getTime() } : gone) };
      const units = window.lease(Math.min(request.units, maxBlockUnits), request.atLeast);
      const expiresInMs = Math.min(leaseMs, standingOf(open).resetsInMs ?? leaseMs);
      if (units > 0) await this.insertGrant(tx, ctx, open, { id: request.leaseId, kind: 'lease', units, expiresAt: new Date(now.getTime() + expiresInMs) });
      return { ...standingOf(open), units, expiresInMs };
    });
  }

  /** Blocks that their holder is done with: what was spent is used, the rest is free at once. */
  async endBlocks(ctx: RequestContext, request: QuotaSubject & { readonly ended: readonly EndedBlock[] }): Promise<QuotaStanding> {
    return await this.inLedger(ctx, request, async (tx, open) => {
      await this.endEach(tx, request, open, request.ended);
      return standingOf(open);
    });
  }

  private async inLedger<T>(ctx: RequestContext, { tenantId, metric }: QuotaSubject, work: (tx: Tx, open: OpenWindow) => Promise<T>): Promise<T> {
    // A service has no tenant: from here on row-level security speaks of this one.
    ctx.actAs({ ...ctx.principal, tenantId });
    return await this.transactor.run(ctx, async (tx) => {
      const open = await this.windows.claim(tx, ctx, tenantId, metric);
      const answer = await work(tx, open);
      await this.windows.save(tx, ctx, open.window);
      return answer;
    });
  }

  private async findGrant(tx: Tx, { tenantId, metric }: QuotaSubject, id: string): Promise<Grant | null> {
    const [grant] = await this.quotas.findGrants(tx, tenantId, [id]);
    if (grant !== undefined && grant.metric !== metric) throw quotaLedgerErrors.grantConflict();
    return grant ?? null;
  }

  private async getGrant(tx: Tx, subject: QuotaSubject, id: string): Promise<Grant> {
    const grant = await this.findGrant(tx, subject, id);
    if (grant?.kind !== 'reservation') throw quotaLedgerErrors.grantNotFound();
    return grant;
  }

  private async insertGrant(tx: Tx, ctx: RequestContext, { window, now }: OpenWindow, taken: Pick<Grant, 'id' | 'kind' | 'units' | 'expiresAt'>): Promise<void> {
    const { id: windowId, tenantId, metric } = window.facts;
    await this.quotas.insertGrant(tx, tenantId, { ...taken, windowId, metric, holder: ctx.principal.id ?? '', used: null, state: 'held', endedAt: null }, now);
  }

  /** Unknown blocks are passed over: they ended a day ago, and were forgotten. */
  private async endEach(tx: Tx, { tenantId, metric }: QuotaSubject, open: OpenWindow, ended: readonly EndedBlock[]): Promise<void> {
    const used = new Map(ended.map((block) => [block.leaseId, block.used]));
    const grants = await this.quotas.findGrants(tx, tenantId, [...used.keys()]);
    for (const grant of grants) {
      if (grant.kind !== 'lease' || grant.metric !== metric) throw quotaLedgerErrors.grantConflict();
      if (grant.state === 'held' || grant.state === 'forfeited') await this.endGrant(tx, open, grant, used.get(grant.id) ?? 0);
    }
  }

  /** One that is held, or was forfeited and is told of after all. */
  private async endGrant(tx: Tx, open: OpenWindow, grant: Grant, used: number, state: 'settled' | 'released' = 'settled'): Promise<Grant> {
    const window = await this.windowOf(tx, open, grant);
    if (grant.state === 'forfeited') window.correctForfeit(grant.units, used);
    else window.end(grant.kind, grant.units, used);
    if (window !== open.window) await this.windows.save(tx, open, window);
    return await this.saveEnd(tx, open, grant, { state, used });
  }

  private async saveEnd(tx: Tx, { window, now }: OpenWindow, grant: Grant, end: Pick<Grant, 'state' | 'used'>): Promise<Grant> {
    // What stands is kept by its id for as long as it stands.
    const stands = quotaMetrics[grant.metric].counting === 'standing' && end.state === 'settled';
    const ended: Grant = { ...grant, ...end, endedAt: stands ? null : now };
    await this.quotas.saveGrant(tx, window.facts.tenantId, ended);
    return ended;
  }

  /** The one that it was taken from, which may have closed since. */
  private async windowOf(tx: Tx, { window }: OpenWindow, { windowId }: Grant): Promise<QuotaWindow> {
    return windowId === window.facts.id ? window : new QuotaWindow(await this.quotas.claimWindow(tx, windowId));
  }

  private async periodOf(tx: Tx, open: OpenWindow, grant: Grant): Promise<string | null> {
    return (await this.windowOf(tx, open, grant)).facts.period;
  }
}

function outcomeOf({ state, units, used }: Grant): GrantOutcome {
  return { state, units, used };
}
