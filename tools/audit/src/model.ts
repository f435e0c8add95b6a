/** The eight rules, in their order. */
export const ruleNames = ['idempotency', 'service-layer', 'breaker', 'outbox', 'capability', 'pii', 'versioning', 'errors'] as const;
export type RuleName = (typeof ruleNames)[number];

/** A place in the source: a path from the workspace's root with slashes, and a line from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/**
 * What is audited: an application as a whole, a route, a handler of events, a worker, an event that is appended or
 * defined, a call that leaves the process, the sources of a module.
 */
export type SubjectKind = 'application' | 'route' | 'handler' | 'worker' | 'event' | 'call' | 'source';

/** How a pass was proved. */
export type EvidenceKind = 'call path' | 'graph' | 'type' | 'lint' | 'table' | 'declaration' | 'source';

export interface Evidence {
  readonly kind: EvidenceKind;
  readonly text: string;
}

export interface Violation {
  readonly rule: RuleName;
  /** In which way the rule is broken; each way has a remedy. */
  readonly way: string;
  readonly at: Place;
  readonly detail: string;
  readonly remedy: string;
}

/** What a rule would object to and the source gives a reason for, where the rule takes reasons. */
export interface Exemption {
  readonly rule: RuleName;
  readonly at: Place;
  readonly what: string;
  readonly reason: string;
}

/** `silent`: the rule has nothing to ask of this subject. */
export type Verdict = 'pass' | 'exempt' | 'fail' | 'silent';

/** What one rule says of one subject. */
export interface Check {
  readonly rule: RuleName;
  readonly verdict: Verdict;
  readonly evidence: readonly Evidence[];
  readonly violations: readonly Violation[];
  readonly exemptions: readonly Exemption[];
}

export interface AuditedSubject {
  readonly kind: SubjectKind;
  /** The app or library that it belongs to. */
  readonly app: string;
  /** Feature of an app (`tenant-service/api-keys`) or library (`libs/health`). */
  readonly module: string;
  readonly name: string;
  readonly at: Place;
  readonly checks: readonly Check[];
}

/** A share of checks or subjects. With nothing to count it is 100 %: nothing breaks a rule. */
export interface Share {
  readonly passed: number;
  readonly total: number;
  readonly percent: number;
}

export interface Report {
  readonly target: string;
  /** Subjects that break none of the rules, of all. */
  readonly compliant: Share;
  readonly rules: Readonly<Record<RuleName, Share>>;
  readonly modules: Readonly<Record<string, Readonly<Record<RuleName, Share>>>>;
  readonly subjects: readonly AuditedSubject[];
  readonly violations: readonly Violation[];
  readonly exemptions: readonly Exemption[];
}
