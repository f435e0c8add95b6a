import { callDurationBucketOf, callDurationBuckets } from '@plinth/contracts';

/** A call that was answered to somebody of a tenant. */
export interface AnsweredCall {
  readonly tenantId: string;
  /** The person who called; null for a key. */
  readonly userId: string | null;
  readonly method: string;
  /** The template of the route. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
}

/** What was called of one route. */
export interface RouteCounts {
  readonly method: string;
  readonly route: string;
  calls: number;
  byApiKeys: number;
  refused: number;
  failed: number;
  /** By bucket (`callDurationBoundsMs`). */
  readonly durations: number[];
}

/** What one tenant's callers called within a quarter of an hour. */
export interface TenantCounts {
  readonly tenantId: string;
  /** Of the first call, Unix milliseconds. */
  readonly fromMs: number;
  readonly routes: ReadonlyMap<string, RouteCounts>;
  readonly userIds: ReadonlySet<string>;
}

/** How much is held at a time, over all tenants: some 10 MB together. */
export interface UsageLimits {
  /** Rows, one for each route that a tenant has called. */
  readonly routes: number;
  /** Ids of people, one for each tenant that they have called in. */
  readonly people: number;
}

const quarterHourMs = 900_000;

interface Growing extends TenantCounts {
  readonly routes: Map<string, RouteCounts>;
  readonly userIds: Set<string>;
}

/**
 * Counts of answered calls by tenant and route. A call costs a look into two maps and one into a set. What is counted together lies in one quarter of
 * an hour of UTC, for the midnight of every time zone is the begin of one: so it lies in one day, wherever the tenant is.
 */
export class UsageCounts {
  private tenants = new Map<string, Growing>();
  /** Of quarters that are over. */
  private closed: Growing[] = [];
  private quarter = 0;
  private rows = 0;
  private people = 0;

  /** @param onDropped told of each call and person that there was no room for */
  constructor(
    private readonly limits: UsageLimits,
    private readonly onDropped: (what: 'call' | 'person') => void,
  ) {}

  /** @param nowMs Unix milliseconds */
  add({ tenantId, userId, method, route, status, durationMs }: AnsweredCall, nowMs: number): void {
    const tenant = this.tenantAt(tenantId, nowMs);
    const counts = this.countsOf(tenant, method, route);
    if (counts === undefined) return this.onDropped('call');
    counts.calls += 1;
    if (userId === null) counts.byApiKeys += 1;
    if (status >= 500) counts.failed += 1;
    else if (status >= 400) counts.refused += 1;
    const bucket = callDurationBucketOf(durationMs);
    counts.durations[bucket] = (counts.durations[bucket] ?? 0) + 1;
    if (userId !== null && !tenant.userIds.has(userId)) this.addPerson(tenant, userId);
  }

  /** Hands over what was counted, and begins anew. */
  take(): readonly TenantCounts[] {
    const taken = [...this.closed, ...this.tenants.values()].filter(({ routes }) => routes.size > 0);
    this.closed = [];
    this.tenants = new Map();
    [this.rows, this.people] = [0, 0];
    return taken;
  }

  private tenantAt(tenantId: string, nowMs: number): Growing {
    const quarter = Math.floor(nowMs / quarterHourMs);
    if (quarter !== this.quarter) {
      this.closed.push(...this.tenants.values());
      this.tenants = new Map();
      this.quarter = quarter;
    }
    const known = this.tenants.get(tenantId);
    if (known !== undefined) return known;
    const tenant: Growing = { tenantId, fromMs: nowMs, routes: new Map(), userIds: new Set() };
    // A tenant takes up its place with its first route: without room for one it is not kept.
    if (this.rows < this.limits.routes) this.tenants.set(tenantId, tenant);
    return tenant;
  }

  private countsOf({ routes }: Growing, method: string, route: string): RouteCounts | undefined {
    const key = `${method} ${route}`;
    const known = routes.get(key);
    if (known !== undefined || this.rows >= this.limits.routes) return known;
    this.rows += 1;
    const counts: RouteCounts = { method, route, calls: 0, byApiKeys: 0, refused: 0, failed: 0, durations: new Array<number>(callDurationBuckets).fill(0) };
    routes.set(key, counts);
    return counts;
  }

  private addPerson({ userIds }: Growing, userId: string): void {
    if (this.people >= this.limits.people) return this.onDropped('person');
    this.people += 1;
    userIds.add(userId);
  }
}
