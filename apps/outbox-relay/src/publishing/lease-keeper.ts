import { DatabaseSession } from '@plinth/database';
import { newId } from '@plinth/kernel';
import type { Logger } from '@plinth/logging';
import type { Metrics } from '@plinth/telemetry';
import { Worker, type NextRun } from '@plinth/worker';
import { LeaseTable, partitionCount, replicaLock, type Lease } from './lease-table.js';

export interface LeaseKeeperOptions {
  /** Names of the sources whose partitions are shared among the replicas. */
  readonly sources: readonly string[];
  /** Of the role that owns the leases. Session locks need a direct connection, not a pooler's. */
  readonly databaseUrl: string;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly timing?: LeaseTiming;
}

export interface LeaseTiming {
  /** How long a replica that fell silent keeps its leases. */
  readonly ttlMs: number;
  /** How often they are renewed and shared out anew. */
  readonly renewEveryMs: number;
  /** No send begins with less of the lease left than this, for it must end before the lease does. */
  readonly sendMarginMs: number;
}

/** With the pace of renewal a silent replica is replaced within 9 s; one whose process died, within 1 s. */
const defaultTiming: LeaseTiming = { ttlMs: 8_000, renewEveryMs: 1_000, sendMarginMs: 4_000 };
const outageBackoff = { baseMs: 100, capMs: 1000 };
// A statement that hangs must not outlast the lease that it should renew.
const statementTimeoutMs = 3_000;

interface Replica {
  readonly session: DatabaseSession;
  readonly table: LeaseTable;
}

/** One source's part of the leases, as its loop sees it. */
export interface SourceLeases {
  /** The partitions to publish from now on. A new array whenever they change. */
  wanted(): readonly number[];
  /** The loop says which it works on, once nothing of any other is in its hands. What it has let go goes to others. */
  use(partitions: readonly number[]): void;
  /** Whether a send that begins now ends before the lease does. */
  maySend(): boolean;
}

/**
 * Shares the partitions of all outboxes among the replicas of the relay.
 *
 * Guarantee: of all replicas one at a time has a partition, by the database's word; it sends only while its own clock,
 * read before it asked, says that the lease has time left. Partitions are spread evenly within seconds of a replica's
 * coming or going. What two replicas sent around a take-over are duplicates with the same ids.
 * Limits: a replica that is cut off from PostgreSQL stops sending after the lease, and is replaced then.
 */
export class LeaseKeeper extends Worker {
  private readonly shares: ReadonlyMap<string, SourceShare>;
  private readonly timing: LeaseTiming;
  private replica: Replica | undefined;
  /** Of `performance.now()`: when the leases end, however the replica fares. */
  private endsAtMs = 0;

  constructor(private readonly options: LeaseKeeperOptions) {
    const { logger, metrics, timing = defaultTiming } = options;
    super({ name: 'outbox leases', intervalMs: timing.renewEveryMs, backoff: outageBackoff, logger, metrics });
    this.timing = timing;
    this.shares = new Map(options.sources.map((source) => [source, new SourceShare(source)]));
  }

  leasesOf(source: string): SourceLeases {
    const share = this.shares.get(source);
    if (share === undefined) throw new Error(`${source} is no source of this relay`);
    return {
      wanted: () => share.target,
      use: (partitions) => share.use(partitions),
      maySend: () => share.confirmed && performance.now() + this.timing.sendMarginMs < this.endsAtMs,
    };
  }

  /** Renews the leases and shares them out anew. @throws the driver's error when the connection breaks or a query fails */
  override async runOnce(): Promise<NextRun> {
    if (this.replica?.session.lost.aborted === true) await this.leave();
    try {
      if (this.replica === undefined) this.replica = await this.join();
      else if (!(await this.renewed(this.replica.table))) {
        // Its time was up: another replica may have what it had.
        await this.leave();
        return 'at_once';
      }
      await this.shareOut(this.replica.table);
      return 'after_interval';
    } catch (error) {
      await this.leave();
      throw error;
    }
  }

  /** Everything is free for the others at once. */
  protected override async release(): Promise<void> {
    await this.replica?.table.leave().catch((error: unknown) => {
      this.options.logger.warn('leases could not be given back, they end by themselves', { error });
    });
    await this.leave();
  }

  protected override tellOutage(error: unknown): void {
    this.options.logger.error('relay cannot renew its leases, trying again', { error });
  }

  protected override tellRecovery(): void {
    this.options.logger.info('relay has its leases again');
  }

  /** A replica's life is its session's, whose end frees its lock. */
  private async join(): Promise<Replica> {
    const replicaId = newId();
    const session = await DatabaseSession.open(this.options.databaseUrl, { applicationName: 'outbox-relay leases', statementTimeoutMs });
    try {
      session.lost.addEventListener('abort', () => this.loseAll(), { once: true });
      const table = new LeaseTable(session, replicaId);
      await session.tryLock(replicaLock(replicaId));
      await table.begin(this.options.sources);
      const endsAtMs = performance.now() + this.timing.ttlMs;
      await table.register(this.timing.ttlMs);
      this.endsAtMs = endsAtMs;
      return { session, table };
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  private async leave(): Promise<void> {
    const session = this.replica?.session;
    this.replica = undefined;
    this.loseAll();
    await session?.close();
  }

  /** The time is read before the question is asked: the answer may take as long as it likes. */
  private async renewed(table: LeaseTable): Promise<boolean> {
    const endsAtMs = performance.now() + this.timing.ttlMs;
    const renewed = await table.renew(this.timing.ttlMs);
    if (renewed) this.endsAtMs = endsAtMs;
    return renewed;
  }

  private async shareOut(table: LeaseTable): Promise<void> {
    await table.reap();
    const fair = Math.ceil(partitionCount / Math.max(1, await table.countReplicas()));
    const shares = [...this.shares.values()];
    for (const share of shares) share.shrinkTo(fair);
    const released = shares.flatMap((share) => share.takeReleased());
    if (released.length > 0) await table.release(released);
    const wanted = new Map(shares.map((share) => [share.source, Math.max(0, fair - share.held)]));
    if ([...wanted.values()].some((count) => count > 0)) {
      for (const lease of await table.take(wanted)) this.shares.get(lease.source)?.add(lease.partition);
    }
  }

  private loseAll(): void {
    this.endsAtMs = 0;
    for (const share of this.shares.values()) share.clear();
  }
}

/** What this replica holds of one source, what of it is to be kept, and what its loop still works on. */
class SourceShare {
  target: readonly number[] = [];
  /** Whether the loop works on leased partitions only; false from the loss of the leases to its next `use`. */
  confirmed = false;
  private leased: readonly number[] = [];
  private inUse: readonly number[] = [];

  constructor(readonly source: string) {}

  get held(): number {
    return this.leased.length;
  }

  use(partitions: readonly number[]): void {
    this.inUse = partitions;
    this.confirmed = partitions === this.target;
  }

  add(partition: number): void {
    this.leased = [...this.leased, partition];
    this.target = [...this.target, partition];
  }

  /** The loop is to let go what is beyond the share. */
  shrinkTo(count: number): void {
    if (this.target.length > count) this.target = this.target.slice(0, count);
  }

  /** What the loop has let go: no longer held. */
  takeReleased(): Lease[] {
    const free = this.leased.filter((partition) => !this.target.includes(partition) && !this.inUse.includes(partition));
    this.leased = this.leased.filter((partition) => !free.includes(partition));
    return free.map((partition) => ({ source: this.source, partition }));
  }

  clear(): void {
    if (this.target.length > 0) this.target = [];
    this.confirmed = false;
    this.leased = [];
  }
}
