import { Problem } from '@plinth/kernel';
import type { VerificationReport } from '../trail/findings.js';

/** 409, with what is wrong: at most a hundred findings, and how many there are. */
export const chainBroken = ({ findings, findingsTotal, entries, headSize }: VerificationReport) =>
  new Problem('audit_chain_broken', 'conflict', 'The audit log is not as it was written.', {
    members: { firstBrokenSequence: findings[0]?.sequence ?? null, findings, findingsTotal, entries, checkpointSize: headSize },
  });
