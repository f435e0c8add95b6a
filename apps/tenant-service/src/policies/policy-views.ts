import { policyUrl, type PolicyVersion, type PolicyVersionView, type PolicyView } from './policies.js';

/** As who signs up sees it. @param builtInHash of the privacy notice as it is shown now */
export function policyView(policy: PolicyVersion, builtInHash = ''): PolicyView {
  const { document, version, title, required, effectiveFrom, graceEndsAt, sha256 } = policy;
  return { document, version, title, required, url: policyUrl(document), effectiveFrom: effectiveFrom.toISOString(), graceEndsAt: graceEndsAt.toISOString(), sha256: sha256 ?? builtInHash };
}

/** @param builtInHash as of `policyView` */
export function policyVersionView(policy: PolicyVersion, builtInHash?: string): PolicyVersionView {
  return { ...policyView(policy, builtInHash), url: `/policies/${policy.document}/${policy.version}`, inForce: policy.inForce };
}
