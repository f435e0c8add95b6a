import { quotaMetricNames } from '@plinth/contracts';
import { shape, type Described } from '@plinth/http';
import type { QuotaWindow, WindowState } from './quota-window.js';
import type { QuotaChange } from './quota-records.repository.js';

const period = shape.nullable(shape.text('`YYYY-MM` in the tenant’s time zone, with `.2` and so on after a reset; null for what no month makes less.'));
const resetsAt = shape.nullable(shape.dateTime('When the next period begins; null for what no month makes less.'));
const metric = shape.text(`Of ${quotaMetricNames.join(', ')}.`);

/** Where a tenant stands in a metric. */
export const quotaShape = shape.named(
  'Quota',
  shape.record({
    metric,
    limit: shape.integer('What the tier, or an operator, allows.'),
    used: shape.integer('What is settled, also beyond the limit.'),
    reserved: shape.integer('What is set aside: reservations, and blocks that gateways spend from.'),
    percent: shape.integer('`used` of `limit`, rounded down.'),
    period,
    resetsAt,
  }),
);
export type QuotaView = Described<typeof quotaShape>;

/** A window of the caller's own tenant: what it can go by. */
export const ownUsageShape = shape.named(
  'OwnUsage',
  shape.record({
    metric,
    limit: shape.integer(),
    used: shape.integer('What is settled and what is set aside.'),
    remaining: shape.integer('What can still be taken.'),
    reset: shape.nullable(shape.integer('Seconds to the next period; null for what no month makes less.')),
    period,
    resetsAt,
  }),
);
export type OwnUsageView = Described<typeof ownUsageShape>;

/** A period of a metric, past or present. */
export const usageShape = shape.named(
  'Usage',
  shape.record({
    metric,
    period,
    startsAt: shape.dateTime(),
    endsAt: shape.nullable(shape.dateTime()),
    closedAt: shape.nullable(shape.dateTime('Null for the present one.')),
    limit: shape.integer(),
    used: shape.integer(),
    reserved: shape.integer(),
    forfeited: shape.integer('Of `used`: of grants whose holder never told.'),
    overrun: shape.integer('Of `used`: beyond what was granted and could be granted.'),
  }),
);
export type UsageView = Described<typeof usageShape>;

/** What an operator decided. */
export const quotaChangeShape = shape.named(
  'QuotaChange',
  shape.record({
    metric,
    kind: shape.oneOf(['limit_set', 'limit_removed', 'reset']),
    limit: shape.nullable(shape.integer('Of `limit_set`.')),
    reason: shape.text(),
    operatorId: shape.uuid(),
    at: shape.dateTime(),
  }),
);
export type QuotaChangeView = Described<typeof quotaChangeShape>;

export function quotaView(window: QuotaWindow): QuotaView {
  const { metric: name, limit, reserved, leased, period: id, endsAt } = window.facts;
  return { metric: name, limit, used: window.used, reserved: reserved + leased, percent: window.percent, period: id, resetsAt: endsAt?.toISOString() ?? null };
}

export function ownUsageView(window: QuotaWindow, now: Date): OwnUsageView {
  const { metric: name, limit, used, reserved, period: id, resetsAt: at } = quotaView(window);
  const { endsAt } = window.facts;
  const reset = endsAt === null ? null : Math.max(0, Math.ceil((endsAt.getTime() - now.getTime()) / 1_000));
  return { metric: name, limit, used: used + reserved, remaining: window.free, reset, period: id, resetsAt: at };
}

export function usageView(state: WindowState): UsageView {
  const { metric: name, period: id, startsAt, endsAt, closedAt, limit, settled, reserved, leased, forfeited, overrun } = state;
  return {
    ...{ metric: name, period: id, limit, used: settled + overrun, reserved: reserved + leased, forfeited, overrun },
    startsAt: startsAt.toISOString(),
    endsAt: endsAt?.toISOString() ?? null,
    closedAt: closedAt?.toISOString() ?? null,
  };
}

export function quotaChangeView({ metric: name, kind, limit, reason, operatorId, at }: QuotaChange): QuotaChangeView {
  return { metric: name, kind, limit, reason, operatorId, at: at.toISOString() };
}
