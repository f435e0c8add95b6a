import { newId, systemClock, type Problem } from '@plinth/kernel';
import { Block } from './block.js';
import { quotaErrors } from './quotas.errors.js';
import type { EndedBlock, LeaseAnswer, QuotaLedger, QuotaStanding, QuotaSubject } from './wire.js';

/** How a block's size follows the use: what is spent in half of a lease. */
const sizes = { first: 20, least: 5, most: 100_000 } as const;
/** So soon a refusal is asked about again; meanwhile it holds for whoever wants as much. */
const refusalMs = 250;
/** Ended blocks that one call tells of. */
const maxTold = 100;

/** A refusal of the ledger, for a moment. */
interface Refusal {
  readonly atLeast: number;
  readonly untilMs: number;
}

/** One tenant's blocks of one metric, in this process. */
export class TenantBlocks {
  private live: Block[] = [];
  private over: EndedBlock[] = [];
  private wanted: number = sizes.first;
  /** Units that takers wait for. */
  private awaited = 0;
  private leasing: Promise<void> | undefined;
  /** Of a request without an answer: asked for again, its block is not lost. */
  private unanswered: string | undefined;
  private refusal: Refusal | undefined;
  private standing: (QuotaStanding & { readonly atMs: number }) | undefined;

  constructor(
    private readonly subject: QuotaSubject,
    private readonly ledger: QuotaLedger,
    private readonly nowMs: () => number,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** Whether there is nothing to keep: no block, and none to tell of. */
  get idle(): boolean {
    return this.live.length === 0 && this.over.length === 0 && this.leasing === undefined;
  }

  /** Spends what is in memory. @returns where the tenant stands then; undefined where the ledger has to be asked */
  take(units: number): QuotaStanding | undefined {
    const now = this.nowMs();
    this.retire(now);
    const block = this.live.find(({ left }) => left >= units);
    if (block === undefined) return undefined;
    block.spend(units);
    if (this.wantsMore(block, now)) this.lease(1).catch(this.onFailure);
    return this.standingAt(now);
  }

  /** As `take`, and asks the ledger as often as it takes. @throws Problem `quota_exhausted` (429), `quota_unconfirmed` (503) */
  async takeWaiting(units: number): Promise<QuotaStanding> {
    this.awaited += units;
    try {
      for (;;) {
        const standing = this.take(units);
        if (standing !== undefined) return standing;
        if (this.isRefused(units)) throw this.exhausted();
        await this.lease(units);
      }
    } finally {
      this.awaited -= units;
    }
  }

  /** Tells the ledger of blocks that are over. @param all whether the live ones are over too */
  async tell(all: boolean): Promise<void> {
    // A lease that is under way tells of them too.
    await this.leasing?.catch(() => undefined);
    this.retire(all ? Number.POSITIVE_INFINITY : this.nowMs());
    while (this.over.length > 0) {
      const told = this.over.slice(0, maxTold);
      await this.ledger.endBlocks({ ...this.subject, ended: told });
      this.forget(told);
    }
  }

  private retire(nowMs: number): void {
    // Nearly always there is nothing to do, and this is every call's way.
    if (!this.live.some((block) => block.isOver(nowMs))) return;
    const over = this.live.filter((block) => block.isOver(nowMs));
    this.live = this.live.filter((block) => !over.includes(block));
    for (const block of over) {
      this.over.push(block.ended());
      this.adapt(block, nowMs);
    }
  }

  /** A block that was spent before half of its time was too small, one that ended by time with most of it left too large. */
  private adapt(block: Block, nowMs: number): void {
    if (block.left === 0 && block.stopsAtMs - nowMs > block.lastsMs / 2) this.wanted = Math.min(sizes.most, this.wanted * 2);
    else if (block.left > block.ended().used) this.wanted = Math.max(sizes.least, Math.ceil(this.wanted / 2));
  }

  /** Ahead, so that no call waits: when a third is left or half the time. Not near the limit, where a unit in a block is one that another replica cannot give. */
  private wantsMore(block: Block, nowMs: number): boolean {
    if (this.leasing !== undefined || this.isNearLimit()) return false;
    const left = this.live.reduce((sum, each) => sum + each.left, 0);
    return left < this.wanted / 3 || (this.live.length === 1 && block.stopsAtMs - nowMs < block.lastsMs / 2);
  }

  private isNearLimit(): boolean {
    return this.standing !== undefined && this.standing.remaining < this.wanted * 8;
  }

  /** One request at a time; whoever wants a block waits for it. @throws Problem `quota_unconfirmed` (503) */
  private async lease(atLeast: number): Promise<void> {
    this.leasing ??= this.askForBlock(atLeast).finally(() => (this.leasing = undefined));
    await this.leasing;
  }

  private async askForBlock(atLeast: number): Promise<void> {
    const leaseId = (this.unanswered ??= newId());
    const told = this.over.slice(0, maxTold);
    const askedAtMs = this.nowMs();
    const answer = await this.ledger.lease({ ...this.subject, leaseId, units: Math.max(this.wanted, this.awaited, atLeast), atLeast, ended: told });
    this.unanswered = undefined;
    this.forget(told);
    this.note(leaseId, answer, atLeast, askedAtMs);
  }

  private note(leaseId: string, answer: LeaseAnswer, atLeast: number, askedAtMs: number): void {
    this.standing = { ...answer, atMs: askedAtMs };
    if (answer.units > 0) {
      this.live.push(new Block(leaseId, answer, askedAtMs));
      this.refusal = undefined;
    } else if (answer.expiresInMs === 0) {
      // Granted to a request whose answer was lost, and over since: nothing of it was spent.
      this.over.push({ leaseId, used: 0 });
    } else {
      this.refusal = { atLeast, untilMs: this.nowMs() + Math.min(refusalMs, answer.resetsInMs ?? refusalMs) };
    }
  }

  private isRefused(units: number): boolean {
    return this.refusal !== undefined && units >= this.refusal.atLeast && this.nowMs() < this.refusal.untilMs;
  }

  private exhausted(): Problem {
    return quotaErrors.exhausted(this.subject.metric, this.standingAt(this.nowMs()), systemClock.now());
  }

  /** What the ledger last said, with what is left here. */
  private standingAt(nowMs: number): QuotaStanding {
    if (this.standing === undefined) throw new Error('a block comes with a standing');
    const { limit, period, remaining, resetsInMs, atMs } = this.standing;
    const left = this.live.reduce((sum, block) => sum + block.left, remaining);
    return { limit, period, remaining: left, resetsInMs: resetsInMs === null ? null : Math.max(0, resetsInMs - (nowMs - atMs)) };
  }

  private forget(told: readonly EndedBlock[]): void {
    this.over = this.over.filter((block) => !told.includes(block));
  }
}
