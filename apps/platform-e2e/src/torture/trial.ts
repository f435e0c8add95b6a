import { setTimeout as pause } from 'node:timers/promises';
import { killPart, makeUp, type SignedIn } from '@plinth/dev-stack';
import { eventually } from '@plinth/testing';
import type { runningStack } from '../stack.js';
import { arrivalOf, conservationOf, type Conservation } from './conservation.js';
import { lineOf } from './report.js';
import { WriteLoad } from './write-load.js';

export type Stack = ReturnType<typeof runningStack>;

/** What one fault did, for the table. */
export interface Outage {
  readonly fault: string;
  readonly upSeconds: number;
  /** From the end of `make up` to the first audit entry of a later write. */
  readonly entrySeconds: number;
}

export interface Outcome extends Conservation {
  readonly outages: readonly Outage[];
  /** By tenant: the status and body of `POST /v1/audit/verify`. */
  readonly verifications: readonly { readonly status: number; readonly valid: unknown }[];
  readonly violations: readonly string[];
  /** Writes whose first answer was lost: the retry was answered from the record. */
  readonly recovered: number;
  readonly setbacks: Readonly<Record<string, number>>;
}

const tenants = 3;

/** What every trial must end with. */
export const nothingLost = {
  ...{ unanswered: [], lost: [], doubled: [], disordered: [], violations: [] },
  verifications: Array.from({ length: tenants }, () => ({ status: 200, valid: true })),
};

/** About 40 writes a second: what two busy cores keep up with, so that a wait is the fault's and not the load's. */
const load = { writersPerTenant: 2, paceMs: 120 };
/** Far above what is asked of an idle machine (15 s): the figures are for reading, this bound is for failing. */
const withinMs = 120_000;
/** Below the test's own limit, at which Jest would go on with the next one while this load and its `make up` still ran. */
const strikesWithinMs = 50 * 60_000;

/** A load on tenants of its own, the faults under it, and the reckoning at its end. */
export class Trial {
  private readonly outages: Outage[] = [];
  private readonly start = performance.now();

  private constructor(
    private readonly stack: Stack,
    private readonly owners: readonly SignedIn[],
    private readonly load: WriteLoad,
  ) {}

  /** Puts the load on, runs the faults under it, ends it whatever happens, and reckons up. Begins with `make up`: an earlier trial may have failed. */
  static async run(stack: Stack, faults: (trial: Trial) => Promise<void>): Promise<Outcome> {
    await makeUp(stack.home);
    const owners = await Promise.all(Array.from({ length: tenants }, (_, index) => stack.newTenant(`Load ${index}`)));
    const trial = new Trial(stack, owners, new WriteLoad(stack.gateway, owners, load));
    trial.load.start();
    try {
      await trial.moreAnswered(50);
      await faults(trial);
    } catch (error) {
      await trial.load.finish(0);
      throw error;
    }
    return await trial.end();
  }

  /** Resolves when so many further writes have been answered: the load is steady. */
  async moreAnswered(count: number): Promise<void> {
    const goal = this.load.answered.length + count;
    await eventually(() => {
      const { length } = this.load.answered;
      if (length < goal) throw new Error(`${length} writes are answered, ${goal} should be; setbacks: ${JSON.stringify(Object.fromEntries(this.load.setbacks))}`);
    }, { withinMs });
  }

  /**
   * Strikes under the steady load, runs `make up`, and waits for the first entry of a write after it.
   *
   * @param awaySeconds how long the part stays away before `make up`
   */
  async outage(fault: string, strike: () => Promise<unknown>, awaySeconds = 0): Promise<Outage> {
    if (performance.now() - this.start > strikesWithinMs) throw new Error(`${this.outages.length} faults took ${strikesWithinMs / 60_000} min: this machine is too busy for a trial`);
    await this.moreAnswered(20);
    await strike();
    await pause(awaySeconds * 1000);
    const struck = performance.now();
    await makeUp(this.stack.home);
    const upSeconds = (performance.now() - struck) / 1000;
    const outage = { fault, upSeconds, entrySeconds: await this.secondsToFirstNewEntry() };
    this.outages.push(outage);
    process.stderr.write(lineOf(outage));
    return outage;
  }

  /** kill -9, or another signal, of these parts at the same moment. */
  async kill(parts: readonly string[], signal: NodeJS.Signals = 'SIGKILL', awaySeconds = 0): Promise<Outage> {
    const name = `${signal} ${parts.join(', ')}${awaySeconds === 0 ? '' : `, away for ${awaySeconds} s`}`;
    return await this.outage(name, () => Promise.all(parts.map((part) => killPart(this.stack.home, part, signal))), awaySeconds);
  }

  /** Ends the load and holds all of it against what the suite kept of it. */
  private async end(): Promise<Outcome> {
    await this.load.finish(withinMs);
    await arrivalOf(this.stack, this.load, withinMs).catch((error: unknown) => this.load.violations.push((error as Error).message));
    await this.load.replay(this.load.answered.filter(({ attempts }) => attempts > 1));
    const conservation = await conservationOf(this.stack, this.load);
    return {
      ...conservation,
      outages: this.outages,
      verifications: await Promise.all(this.owners.map((owner) => this.verify(owner))),
      violations: this.load.violations,
      recovered: this.load.answered.filter(({ answer }) => answer?.replayed).length,
      setbacks: Object.fromEntries(this.load.setbacks),
    };
  }

  private async secondsToFirstNewEntry(): Promise<number> {
    const [owner] = this.owners;
    if (owner === undefined) throw new Error('there is no tenant');
    const since = new Date().toISOString();
    const start = performance.now();
    await eventually(async () => {
      const token = await this.load.tokenOf(owner);
      const entries = await this.stack.auditEntries({ ...owner, token }, `?action=tenant.update&limit=1&from=${since}`);
      if (entries.length === 0) throw new Error(`no entry of a write after ${since} in the audit trail`);
    }, { withinMs, everyMs: 50 });
    return (performance.now() - start) / 1000;
  }

  private async verify(owner: SignedIn) {
    const token = await this.load.tokenOf(owner);
    const { status, body } = await this.stack.gateway.call('POST', '/v1/audit/verify', { token });
    return { status, valid: body['valid'] };
  }
}
