import { ExpiringCache } from '@plinth/auth';
import { systemClock, type Clock } from '@plinth/kernel';
import { callerErrors } from './callers.errors.js';
import type { Revocations } from './revocations.js';

/** Whatever becomes of a credential comes by the feed, at once; and so long it is good for while nobody can be asked. */
const FACTS_MS = 60_000;
/** Long enough to blunt a flood of one name; a new credential was not asked for before it was made. */
const UNKNOWN_MS = 5_000;
const CAPACITY = 16_384;

export interface RememberedFactsOptions<F> {
  /** Asks tenant-service: null for an unknown name; rejects where there is no answer. */
  readonly find: (name: string) => Promise<F | null>;
  /** The line of the feed behind which what was known is old; 0 for none. */
  readonly changedAt: (facts: F) => number;
  readonly revocations: Pick<Revocations, 'fresh' | 'sequence'>;
  readonly clock?: Clock;
}

/**
 * What tenant-service tells of credentials, looked up by name and remembered. Facts from before the feed told of a change count as
 * none; while the feed is silent each question is asked anew, and what is known serves where there is no answer.
 */
export class RememberedFacts<F extends object> {
  private readonly known = new ExpiringCache<Known<F>>(CAPACITY);
  /** A burst of one name is looked up once. */
  private readonly lookups = new Map<string, Promise<Known<F>>>();
  private readonly clock: Clock;

  constructor(private readonly options: RememberedFactsOptions<F>) {
    this.clock = options.clock ?? systemClock;
  }

  /** Names of which something is remembered, unknown ones too; bounded. */
  get size(): number {
    return this.known.size;
  }

  /** Null for an unknown name. @throws Problem `caller_unconfirmed` (503) where the facts cannot be had */
  async of(name: string): Promise<F | null> {
    const { revocations } = this.options;
    const known = this.known.get(name, this.clock.now().getTime());
    const current = known !== undefined && this.isCurrent(known);
    if (current && (revocations.fresh || known.facts === null)) return known.facts;
    try {
      const found = await this.lookUp(name);
      // One that began before a change was told may have the answer from before it.
      return this.isCurrent(found) ? found.facts : (await this.lookUp(name)).facts;
    } catch (error) {
      // With the feed silent what is known may be old; where nobody can be asked, it is what there is.
      if (current) return known.facts;
      throw callerErrors.standingUnknown(error);
    }
  }

  private isCurrent({ facts, sequence }: Known<F>): boolean {
    return facts === null || sequence >= this.options.changedAt(facts);
  }

  private async lookUp(name: string): Promise<Known<F>> {
    let lookup = this.lookups.get(name);
    if (lookup === undefined) {
      lookup = this.ask(name).finally(() => this.lookups.delete(name));
      this.lookups.set(name, lookup);
    }
    return await lookup;
  }

  private async ask(name: string): Promise<Known<F>> {
    // What is told from here on may be missing in the answer.
    const { sequence } = this.options.revocations;
    const facts = await this.options.find(name);
    const known = { facts, sequence };
    this.known.set(name, known, this.clock.now().getTime() + (facts === null ? UNKNOWN_MS : FACTS_MS));
    return known;
  }
}

interface Known<F> {
  /** Null: there is none of this name. */
  readonly facts: F | null;
  /** How far the feed had told when they were asked for. */
  readonly sequence: number;
}
