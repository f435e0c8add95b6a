import { defineMetrics } from '@plinth/telemetry';

/** What flags were found to be; which flags, and for whom, is not told. */
export const flagMetrics = defineMetrics({
  evaluations: { name: 'plinth_flag_evaluations_total', kind: 'counter', help: "Evaluations of flags that came to a value, by OpenFeature's reason.", labels: ['reason'] },
  fallbacks: { name: 'plinth_flag_fallbacks_total', kind: 'counter', help: "Evaluations that ended with the caller's own default, by OpenFeature's error code.", labels: ['cause'] },
  ignoredOverrides: { name: 'plinth_flag_overrides_ignored_total', kind: 'counter', help: 'Evaluations for which the environment had a value of another type than the flag.', labels: [] },
});
