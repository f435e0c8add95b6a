import { defineErrors } from '@plinth/kernel';
import type { VerificationReport } from '../trail/findings.js';

export const verificationErrors = defineErrors({
  /** With what is wrong: at most a hundred findings, and how many there are. */
  chainBroken: {
    code: 'audit_chain_broken',
    kind: 'conflict',
    detail: 'The audit log is not as it was written.',
    remedy: 'See `findings`; keep the database as it is, and compare with a backup.',
    with: ({ findings, findingsTotal, entries, headSize }: VerificationReport) => ({
      members: { firstBrokenSequence: findings[0]?.sequence ?? null, findings, findingsTotal, entries, checkpointSize: headSize },
    }),
  },
});
