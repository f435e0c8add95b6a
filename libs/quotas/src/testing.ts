import type { IncomingMessage, ServerResponse } from 'node:http';
import { Problem } from '@plinth/kernel';
import type { QuotaStanding, EndedBlock, GrantOutcome, LeaseAnswer, LeaseRequest, QuotaLedger, QuotaSubject, Reservation, ReserveRequest, SettleRequest } from './index.js';
import { quotaErrors } from './index.js';

interface Grant {
  readonly units: number;
  used: number | null;
}

/** A ledger in memory, of one limit for each tenant and metric and without periods, for tests of who takes from it. */
export class FakeLedger implements QuotaLedger {
  /** Of all that was asked, by its name. */
  readonly asked: string[] = [];
  /** Set: every call fails with it, as where the ledger is away. */
  away: Error | undefined;
  /** Of each block that is granted from now on. */
  expiresInMs = 60_000;
  resetsInMs: number | null = 3_600_000;
  private readonly grants = new Map<string, Grant>();

  constructor(
    /** Units of each tenant and metric. */
    public limit = 1_000_000,
    /** The most that a block has. */
    public blockUnits = 1_000,
  ) {}

  /** Units that are settled, and what is held. */
  get used(): number {
    return this.sum(({ used }) => used ?? 0);
  }

  get held(): number {
    return this.sum(({ units, used }) => (used === null ? units : 0));
  }

  async reserve({ reservationId, units, ...subject }: ReserveRequest): Promise<Reservation> {
    this.hear('reserve');
    const known = this.grants.get(reservationId);
    if (known === undefined && units > this.free) throw quotaErrors.exhausted(subject.metric, this.standing, new Date());
    if (known === undefined) this.grants.set(reservationId, { units, used: null });
    return { tenantId: subject.tenantId, metric: subject.metric, reservationId, units, period: '2026-11' };
  }

  async settle({ reservationId, units }: SettleRequest): Promise<GrantOutcome> {
    this.hear('settle');
    return { state: 'settled', units: this.end(reservationId, units), used: units };
  }

  async release({ reservationId }: Omit<SettleRequest, 'units'>): Promise<GrantOutcome> {
    this.hear('release');
    return { state: 'released', units: this.end(reservationId, 0), used: 0 };
  }

  async lease({ leaseId, units, atLeast, ended }: LeaseRequest): Promise<LeaseAnswer> {
    this.hear('lease');
    for (const block of ended) this.end(block.leaseId, block.used);
    const known = this.grants.get(leaseId);
    const granted = known?.units ?? (atLeast > this.free ? 0 : Math.min(units, this.blockUnits, this.free));
    if (known === undefined && granted > 0) this.grants.set(leaseId, { units: granted, used: null });
    return { units: granted, expiresInMs: this.expiresInMs, ...this.standing };
  }

  async endBlocks({ ended }: QuotaSubject & { readonly ended: readonly EndedBlock[] }): Promise<void> {
    this.hear('endBlocks');
    for (const block of ended) this.end(block.leaseId, block.used);
  }

  private get free(): number {
    return this.limit - this.used - this.held;
  }

  private get standing(): QuotaStanding {
    return { limit: this.limit, remaining: this.free, period: '2026-11', resetsInMs: this.resetsInMs };
  }

  private hear(what: string): void {
    this.asked.push(what);
    if (this.away !== undefined) throw quotaErrors.unconfirmed(this.away);
  }

  private end(id: string, used: number): number {
    const grant = this.grants.get(id);
    if (grant === undefined) throw new Error(`nothing was granted under ${id}`);
    grant.used = used;
    return grant.units;
  }

  private sum(of: (grant: Grant) => number): number {
    return [...this.grants.values()].reduce((total, grant) => total + of(grant), 0);
  }
}

const prefix = '/internal/v1/quotas/';

/**
 * Answers a call of `QuotaClient` from the fake, as tenant-service would.
 *
 * @returns whether the request is one
 */
export function answerLedgerCall(ledger: FakeLedger, request: IncomingMessage, response: ServerResponse): boolean {
  const act = request.url?.startsWith(prefix) === true ? request.url.slice(prefix.length) : undefined;
  if (act === undefined) return false;
  void answer(ledger, act, request, response);
  return true;
}

async function answer(ledger: FakeLedger, act: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const asked = JSON.parse(Buffer.concat(chunks).toString()) as never;
  const acts: Readonly<Record<string, () => Promise<object | void>>> = {
    reserve: () => ledger.reserve(asked),
    settle: () => ledger.settle(asked),
    release: () => ledger.release(asked),
    lease: () => ledger.lease(asked),
    'end-blocks': () => ledger.endBlocks(asked),
  };
  const [status, body] = await (acts[act]?.() ?? Promise.reject(new Error(`the ledger knows no ${act}`))).then(
    (answered): [number, object] => [200, answered ?? {}],
    (error: unknown): [number, object] => (error instanceof Problem ? [error.status, { code: error.code, ...error.extra.members }] : [500, {}]),
  );
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
