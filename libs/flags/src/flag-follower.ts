import { ExpiringCache, type ServiceCalls } from '@plinth/auth';
import { tierNames, type Tier } from '@plinth/contracts';
import type { Logger } from '@plinth/logging';
import type { HttpAnswer } from '@plinth/resilience';
import type { Metrics } from '@plinth/telemetry';
import { Worker, type NextRun } from '@plinth/worker';
import type { FlagDefinition } from './flag.js';
import { flagFaults } from './flag-faults.js';
import type { FlagSource } from './flag-source.js';

const path = '/internal/v1/feature-flags';
/** By so much a kill switch is late, and what a poll asks is answered by 304 nearly always. */
const pollMs = 1_000;
const timeoutMs = 1_500;
const maxAnswerBytes = 33_554_432;
/** A tier changes a few times in a tenant's life. */
const tierMs = 30_000;
const maxTiers = 10_000;

/** What the flags are followed with. */
export interface FlagFollowerOptions {
  /** This process's calls to tenant-service. */
  readonly calls: Pick<ServiceCalls, 'request'>;
  readonly logger: Logger;
  readonly metrics?: Metrics | undefined;
}

/**
 * The flags of tenant-service, in memory. Guarantee: while it is reached, a change is known some second after its commit; while
 * it is away, the flags are those that it last told. Safe with several copies: each follows for itself.
 */
export class FlagFollower extends Worker implements FlagSource {
  private flags: ReadonlyMap<string, FlagDefinition> | undefined;
  private etag: string | undefined;
  private readonly tiers = new ExpiringCache<Tier | null>(maxTiers);

  constructor(private readonly options: FlagFollowerOptions) {
    const { logger, metrics } = options;
    super({ name: 'feature-flags', intervalMs: pollMs, backoff: { baseMs: 200, capMs: 5_000 }, servesRequests: true, logger, metrics });
  }

  /** As tenant-service last told it. */
  find(key: string): FlagDefinition | null | undefined {
    return this.flags === undefined ? undefined : (this.flags.get(key) ?? null);
  }

  /** Asked at most once in 30 s for a tenant. @throws where tenant-service does not answer */
  async tierOf(tenantId: string): Promise<Tier | null> {
    const known = this.tiers.get(tenantId, Date.now());
    if (known !== undefined) return known;
    const answer = await this.options.calls.request({ path: `/internal/v1/tenants/${tenantId}/tier`, timeoutMs, maxAnswerBytes: 1_024 });
    const tier = answer.status === 404 ? null : tierIn(answer);
    this.tiers.set(tenantId, tier, Date.now() + tierMs);
    return tier;
  }

  /** One look. @throws where tenant-service does not answer, or answers something else */
  override async runOnce(signal: AbortSignal): Promise<NextRun> {
    const condition = this.etag === undefined ? {} : { headers: { 'if-none-match': this.etag } };
    const answer = await this.options.calls.request({ path, ...condition, timeoutMs, maxAnswerBytes });
    if (signal.aborted || answer.status === 304) return 'after_interval';
    const sound = definitionsIn(answer).filter((flag) => this.isSound(flag));
    this.flags = new Map(sound.map((flag) => [flag.key, flag]));
    const { etag } = answer.headers;
    this.etag = typeof etag === 'string' ? etag : undefined;
    return 'after_interval';
  }

  /** A flag of a newer tenant-service may be beyond this process. */
  private isSound(flag: FlagDefinition): boolean {
    const faults = flagFaults(flag).length;
    if (faults > 0) this.options.logger.warn('a flag cannot be read, its callers get their defaults', { name: flag.key, count: faults });
    return faults === 0;
  }
}

function definitionsIn(answer: HttpAnswer): readonly FlagDefinition[] {
  const { data } = read<{ data?: unknown }>(answer);
  if (!Array.isArray(data) || !data.every(hasParts)) throw new Error('the flags have another form');
  return data as FlagDefinition[];
}

/** What `flagFaults` takes for granted; the rest it judges. */
function hasParts(value: unknown): boolean {
  const { key, type, enabled, variants, defaultVariant, offVariant, rules, salt } = (value ?? {}) as Partial<Record<keyof FlagDefinition, unknown>>;
  const texts = [key, type, defaultVariant, offVariant, salt].every((text) => typeof text === 'string');
  return texts && typeof enabled === 'boolean' && typeof variants === 'object' && variants !== null && Array.isArray(rules);
}

function tierIn(answer: HttpAnswer): Tier {
  const { tier } = read<{ tier?: unknown }>(answer);
  const known = tierNames.find((name) => name === tier);
  if (known === undefined) throw new Error('the tier has another form');
  return known;
}

function read<T>({ status, body }: HttpAnswer): T {
  if (status !== 200) throw new Error(`tenant-service answered ${status}`);
  return JSON.parse(body.toString('utf8')) as T;
}
