import type { EndedBlock, LeaseAnswer } from './wire.js';

/** Of the lease's time, kept back: what is under way ends before the ledger forfeits the block. */
const marginShare = 0.1;

/** Units that this process may spend without asking, until it stops. */
export class Block {
  /** When it stops, on the monotonic clock. */
  readonly stopsAtMs: number;
  /** How long it lasts, from when it was asked for. */
  readonly lastsMs: number;
  private spent = 0;

  /** @param askedAtMs monotonic, before the request was sent: the ledger's time for the block began later, so that it ends later too */
  constructor(
    private readonly leaseId: string,
    private readonly answer: Pick<LeaseAnswer, 'units' | 'expiresInMs'>,
    askedAtMs: number,
  ) {
    this.lastsMs = answer.expiresInMs * (1 - marginShare);
    this.stopsAtMs = askedAtMs + this.lastsMs;
  }

  /** In units. */
  get left(): number {
    return this.answer.units - this.spent;
  }

  /** Whether nothing of it can be spent any more. @param nowMs monotonic */
  isOver(nowMs: number): boolean {
    return this.left === 0 || nowMs >= this.stopsAtMs;
  }

  /** @param units at most what is left */
  spend(units: number): void {
    this.spent += units;
  }

  /** What the ledger is told when it is over. */
  ended(): EndedBlock {
    return { leaseId: this.leaseId, used: this.spent };
  }
}
