import { dayAt } from '../quotas/billing-period.js';
import { analyticsErrors } from './analytics.errors.js';

/** Days, both included, as `YYYY-MM-DD`. */
export interface AnalyticsPeriod {
  readonly from: string;
  readonly to: string;
}

const dayMs = 86_400_000;
const mostDays = 366;

/**
 * The days that are asked for; by default the present month so far, as the zone's calendar has it.
 *
 * @throws Problem `analytics_period_invalid` (422)
 */
export function analyticsPeriod({ from, to }: Partial<AnalyticsPeriod>, now: Date, timeZone: string): AnalyticsPeriod {
  const last = to ?? dayAt(now, timeZone);
  const first = from ?? `${last.slice(0, 7)}-01`;
  const days = (Date.parse(last) - Date.parse(first)) / dayMs + 1;
  // A day that there is not is no number of days.
  if (!(days >= 1 && days <= mostDays)) throw analyticsErrors.periodInvalid();
  return { from: first, to: last };
}
