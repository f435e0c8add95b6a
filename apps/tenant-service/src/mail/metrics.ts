import { defineMetrics } from '@plinth/telemetry';

/** What becomes of mail. */
export const mailMetrics = defineMetrics({
  ended: {
    name: 'plinth_mail_ended_total',
    kind: 'counter',
    help: 'Mails that are done with, by kind and outcome: sent, nobody (no account is to get it) or failed (given up).',
    labels: ['kind', 'outcome'],
  },
});
