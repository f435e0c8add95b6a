import type { QuotaMetric } from '@plinth/contracts';

/** Which units: of which tenant, of what. */
export interface QuotaSubject {
  readonly tenantId: string;
  readonly metric: QuotaMetric;
}

/** Units that are set aside before it is known how many are used. */
export interface ReserveRequest extends QuotaSubject {
  /** Chosen by the caller, once for each use: asked again with it, the ledger answers what it answered. */
  readonly reservationId: string;
  /** From 1. */
  readonly units: number;
  /** For how long, in seconds, 1 to 86,400. Who has told nothing by then is counted to have used them all. */
  readonly ttlSeconds: number;
}

/** What was set aside. */
export interface Reservation extends QuotaSubject {
  readonly reservationId: string;
  readonly units: number;
  /** To whose use it is counted, also when it is settled later; null for a standing metric. */
  readonly period: string | null;
}

/** How a reservation ended. */
export interface SettleRequest extends QuotaSubject {
  readonly reservationId: string;
  /** What was used, from 0; more than was reserved is counted too. */
  readonly units: number;
}

/** What became of a grant. */
export interface GrantOutcome {
  readonly state: 'held' | 'settled' | 'released' | 'forfeited';
  readonly units: number;
  /** Null while it is held. */
  readonly used: number | null;
}

/** What was spent of a block whose holder is done with it. */
export interface EndedBlock {
  readonly leaseId: string;
  /** 0 to the block's units. */
  readonly used: number;
}

/** A block of units, to be spent by its holder in memory. */
export interface LeaseRequest extends QuotaSubject {
  /** Chosen by the holder, once for each block. */
  readonly leaseId: string;
  /** What the holder would like, from 1. */
  readonly units: number;
  /** What it cannot do without, 1 to `units`. */
  readonly atLeast: number;
  /** Blocks that it is done with; their rest is free before the new one is given. */
  readonly ended: readonly EndedBlock[];
}

/** Where a tenant stands in a metric, as the ledger knows it: what holders have in memory is not free. */
export interface QuotaStanding {
  readonly limit: number;
  /** What can still be granted. */
  readonly remaining: number;
  /** Null for a standing metric. */
  readonly period: string | null;
  /** To the period's end, in milliseconds; null for a standing metric. */
  readonly resetsInMs: number | null;
}

/** A block, or the word that there is none. */
export interface LeaseAnswer extends QuotaStanding {
  /** 0: there was no room for `atLeast`, or the id is that of a block that has ended. */
  readonly units: number;
  /** How long the ledger waits for the block, in milliseconds from its answer on; 0 for one that has ended. */
  readonly expiresInMs: number;
}

/** The ledger as its takers see it. Every call may be repeated. */
export interface QuotaLedger {
  /** @throws Problem `quota_exhausted` (429), `quota_unconfirmed` (503) */
  reserve(request: ReserveRequest): Promise<Reservation>;
  /** @throws Problem `quota_unconfirmed` (503) */
  settle(request: SettleRequest): Promise<GrantOutcome>;
  /** As if it had never been. @throws Problem `quota_unconfirmed` (503) */
  release(request: Omit<SettleRequest, 'units'>): Promise<GrantOutcome>;
  /** @throws Problem `quota_unconfirmed` (503) */
  lease(request: LeaseRequest): Promise<LeaseAnswer>;
  /** @throws Problem `quota_unconfirmed` (503) */
  endBlocks(request: QuotaSubject & { readonly ended: readonly EndedBlock[] }): Promise<void>;
}
