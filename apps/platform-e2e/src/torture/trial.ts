import { setTimeout as pause } from 'node:timers/promises';
import { killPart, makeUp, restartPart, startReplica, type SignedIn } from '@plinth/dev-stack';
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
  /** Processes beside those of `make up`, which end with the trial. */
  private readonly replicas = new Set<string>();

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
    } finally {
      await trial.endReplicas();
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

  /** A tenant of the load. */
  get someTenantId(): string {
    return this.load.tenantIds[0] ?? '';
  }

  /** What needs no `make up` afterwards: does something under the steady load, and waits for the first entry of a write after it. */
  async under(what: string, work: () => Promise<unknown>): Promise<void> {
    await this.moreAnswered(20);
    await work();
    const outage = { fault: what, upSeconds: 0, entrySeconds: await this.secondsToFirstNewEntry((owner, since) => this.keptEntries(owner, since)) };
    this.outages.push(outage);
    process.stderr.write(lineOf(outage));
  }

  /** Another process of a service joins those that run. @param number from 2 */
  async join(service: string, number: number): Promise<void> {
    await this.under(`${service}.${number} joins`, async () => this.replicas.add(await startReplica(this.stack.home, service, number)));
  }

  /** The process that `make up` started is there again, beside others of its service. */
  async comeBack(service: string): Promise<void> {
    await this.under(`${service} is back`, () => restartPart(this.stack.home, service));
  }

  /** A process ends while others of its service run, which take over what it had: its part is a service's name, or `<service>.<number>`. */
  async leave(part: string, signal: NodeJS.Signals): Promise<void> {
    await this.under(`${signal} ${part} beside others`, () => killPart(this.stack.home, part, signal));
    this.replicas.delete(part);
  }

  /** kill -9, or another signal, of these parts at the same moment. */
  async kill(parts: readonly string[], signal: NodeJS.Signals = 'SIGKILL', awaySeconds = 0): Promise<Outage> {
    const name = `${signal} ${parts.join(', ')}${awaySeconds === 0 ? '' : `, away for ${awaySeconds} s`}`;
    return await this.outage(name, () => Promise.all(parts.map((part) => killPart(this.stack.home, part, signal))), awaySeconds);
  }

  private async endReplicas(): Promise<void> {
    for (const part of this.replicas) await killPart(this.stack.home, part, 'SIGTERM').catch(() => undefined);
    this.replicas.clear();
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

  /** As a client reads them. */
  private async readEntries(owner: SignedIn, since: string): Promise<number> {
    const token = await this.load.tokenOf(owner);
    return (await this.stack.auditEntries({ ...owner, token }, `?action=tenant.update&limit=1&from=${since}`)).length;
  }

  /** As they lie there, also while the process that the gateway asks is gone and another one appends. */
  private async keptEntries({ tenantId }: SignedIn, since: string): Promise<number> {
    return (await this.stack.query(`SELECT FROM audit.entry WHERE tenant_id = $1 AND action = 'tenant.update' AND occurred_at >= $2 LIMIT 1`, [tenantId, since])).length;
  }

  private async secondsToFirstNewEntry(countEntries = (owner: SignedIn, since: string) => this.readEntries(owner, since)): Promise<number> {
    const [owner] = this.owners;
    if (owner === undefined) throw new Error('there is no tenant');
    const since = new Date().toISOString();
    const start = performance.now();
    await eventually(async () => {
      if ((await countEntries(owner, since)) === 0) throw new Error(`no entry of a write after ${since} in the audit trail`);
    }, { withinMs, everyMs: 50 });
    return (performance.now() - start) / 1000;
  }

  private async verify(owner: SignedIn) {
    const token = await this.load.tokenOf(owner);
    const { status, body } = await this.stack.gateway.call('POST', '/v1/audit/verify', { token });
    return { status, valid: body['valid'] };
  }
}
