import { featureNames, featureOfRoute, featuresOfTier, type FeatureName, type Tier } from '@plinth/contracts';
import { shape, type Described } from '@plinth/http';
import type { AnalyticsPeriod } from './analytics-period.js';
import type { PeopleSums, RouteSums, SeriesRow } from './analytics.repository.js';
import { quantileMs } from './duration-histogram.js';

/** Fewer say little of how long calls of a route take. */
const leastCallsOfSlow = 20;
const mostSlow = 10;

const day = (description: string) => shape.text(`${description}, \`YYYY-MM-DD\`.`);
const estimate = shape.nullable(shape.integer('Milliseconds, estimated from buckets.'));
const route = { method: shape.text(), route: shape.text('The template.') };

export const adoptionShape = shape.record({
  members: shape.integer('As of now.'),
  activeMembers: shape.integer('Members of now who called.'),
  memberPercent: shape.integer('`activeMembers` of `members`, rounded down.'),
  featuresUsed: shape.integer('Available features that were called.'),
  featuresAvailable: shape.integer('Those of the tier.'),
  featurePercent: shape.integer('`featuresUsed` of `featuresAvailable`, rounded down.'),
});

export const analyticsShape = shape.named(
  'Analytics',
  shape.record({
    from: day('The first day'),
    to: day('The last day, which belongs to it'),
    timeZone: shape.text('Whose days they are. Each was counted by the zone that the tenant had then.'),
    countedUntil: shape.nullable(shape.dateTime('Calls until then are counted, as far as gateways have told; null where there was none yet.')),
    calls: shape.integer('Calls that were answered.'),
    created: shape.list(shape.record({ kind: shape.text(), count: shape.integer() })),
    features: shape.list(
      shape.record({
        feature: shape.oneOf(featureNames),
        available: shape.boolean('Whether the tenant’s tier has it.'),
        calls: shape.integer(),
      }),
    ),
    activeUsers: shape.integer('People who called, each once; those who have left too, as long as their days are kept.'),
    adoption: adoptionShape,
    routes: shape.list(
      shape.record({
        ...route,
        feature: shape.nullable(shape.oneOf(featureNames)),
        calls: shape.integer(),
        byApiKeys: shape.integer('Of `calls`.'),
        refused: shape.integer('Of `calls`: answered 4xx.'),
        failed: shape.integer('Of `calls`: answered 5xx.'),
        p50Ms: estimate,
        p95Ms: estimate,
        p99Ms: estimate,
      }),
      'The most called first.',
    ),
    slowest: shape.list(shape.record({ ...route, calls: shape.integer(), p95Ms: estimate }), `Of routes with ${leastCallsOfSlow} calls or more, at most ${mostSlow}, the slowest first.`),
    series: shape.list(
      shape.record({
        period: shape.text('`YYYY-MM-DD`, or `YYYY-MM` by month.'),
        calls: shape.integer(),
        failed: shape.integer(),
        activeUsers: shape.integer('Each once in the stretch.'),
        created: shape.integer('Of all kinds.'),
      }),
      'Stretches in which nothing was counted are left out.',
    ),
  }),
);
export type AnalyticsView = Described<typeof analyticsShape>;

/** What was counted of a tenant in a period. */
export interface Counted {
  readonly timeZone: string;
  readonly tier: Tier;
  readonly countedUntil: Date | null;
  readonly routes: readonly RouteSums[];
  readonly people: PeopleSums;
  readonly created: readonly { readonly kind: string; readonly count: number }[];
  readonly series: readonly SeriesRow[];
}

export function analyticsView({ from, to }: AnalyticsPeriod, { timeZone, tier, countedUntil, routes, people, created, series }: Counted): AnalyticsView {
  const rows = routes.map(({ durations, ...row }) => ({
    ...row,
    // Of a route that is no more, too: its rows stay.
    feature: featureOfRoute(row.route) ?? null,
    p50Ms: roundedMs(durations, 0.5),
    p95Ms: roundedMs(durations, 0.95),
    p99Ms: roundedMs(durations, 0.99),
  }));
  const available = featuresOfTier(tier);
  const features = featuresView(rows, available);
  const slowest = rows.filter(({ calls }) => calls >= leastCallsOfSlow).toSorted((a, b) => (b.p95Ms ?? 0) - (a.p95Ms ?? 0));
  return {
    ...{ from, to, timeZone, countedUntil: countedUntil?.toISOString() ?? null, calls: callsOf(rows), created, features, activeUsers: people.active },
    adoption: adoptionView(people, new Set(rows.map(({ feature }) => feature)), available),
    routes: rows,
    slowest: slowest.slice(0, mostSlow).map(({ method, route: template, calls, p95Ms }) => ({ method, route: template, calls, p95Ms })),
    series,
  };
}

/** @param called features of what was called, others among them */
export function adoptionView({ members, activeMembers }: Pick<PeopleSums, 'members' | 'activeMembers'>, called: ReadonlySet<unknown>, available: readonly FeatureName[]): Described<typeof adoptionShape> {
  const used = available.filter((feature) => called.has(feature)).length;
  return {
    ...{ members, activeMembers, memberPercent: percent(activeMembers, members) },
    ...{ featuresUsed: used, featuresAvailable: available.length, featurePercent: percent(used, available.length) },
  };
}

function featuresView(rows: readonly { readonly feature: FeatureName | null; readonly calls: number }[], available: readonly FeatureName[]) {
  return featureNames.map((feature) => ({ feature, available: available.includes(feature), calls: callsOf(rows.filter((row) => row.feature === feature)) }));
}

function callsOf(rows: readonly { readonly calls: number }[]): number {
  return rows.reduce((sum, { calls }) => sum + calls, 0);
}

function roundedMs(durations: readonly number[], quantile: number): number | null {
  const ms = quantileMs(durations, quantile);
  return ms === null ? null : Math.round(ms);
}

function percent(some: number, all: number): number {
  return all === 0 ? 0 : Math.floor((100 * some) / all);
}
