import { defineErrors } from '@plinth/kernel';

export const analyticsErrors = defineErrors({
  periodInvalid: {
    code: 'analytics_period_invalid',
    kind: 'invalid',
    detail: 'The days are no period: it ends before it begins, or is longer than 366 days.',
    remedy: 'Give `from` and `to` as days that there are, in their order, at most 366 days; without them it is the present month.',
  },
});
