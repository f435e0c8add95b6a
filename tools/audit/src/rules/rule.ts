import type ts from 'typescript';
import type { Audit } from '../audit.ts';
import type { Check, Evidence, EvidenceKind, Exemption, Place, RuleName, Verdict, Violation } from '../model.ts';
import { exemptionAt } from '../source/exemptions.ts';
import type { Subject } from '../subjects.ts';

/** One of the eight rules: what it asks of each kind of subject, and the ways in which it can be broken. */
export interface Rule {
  /** From 1. */
  readonly number: number;
  readonly name: RuleName;
  /** The rule in a sentence. */
  readonly title: string;
  /** What to do about each way of breaking it. */
  readonly ways: Readonly<Record<string, string>>;
  /** Says what it finds of the subject; nothing, where it has nothing to ask of it. */
  check(subject: Subject, audit: Audit, findings: Findings): void;
}

/** Gathers what a rule says of a subject. */
export class Findings {
  private readonly evidence: Evidence[] = [];
  private readonly violations: Violation[] = [];
  private readonly exemptions: Exemption[] = [];

  constructor(
    private readonly rule: Rule,
    private readonly audit: Audit,
  ) {}

  get broken(): boolean {
    return this.violations.length > 0;
  }

  proves(kind: EvidenceKind, text: string): void {
    if (!this.evidence.some((known) => known.text === text)) this.evidence.push({ kind, text });
  }

  /** @throws Error for a way that the rule does not list */
  violates(way: string, at: ts.Node | Place, detail: string): void {
    const remedy = this.rule.ways[way];
    if (remedy === undefined) throw new Error(`rule ${this.rule.name} knows no way ${way}`);
    const place = 'kind' in at ? this.audit.workspace.placeOf(at) : at;
    if (this.violations.some((known) => known.way === way && known.at.file === place.file && known.at.line === place.line)) return;
    this.violations.push({ rule: this.rule.name, way, at: place, detail, remedy });
  }

  /** As `violates`, where the source may give a reason for it (`@ruleExempt`), which is listed then. */
  violatesUnlessExempt(way: string, at: ts.Node, detail: string): void {
    const reason = exemptionAt(at, this.rule.name);
    if (reason === undefined) this.violates(way, at, detail);
    else this.exempts(at, detail, reason);
  }

  exempts(at: ts.Node | Place, what: string, reason: string): void {
    const place = 'kind' in at ? this.audit.workspace.placeOf(at) : at;
    this.exemptions.push({ rule: this.rule.name, at: place, what, reason });
  }

  check(): Check {
    const { evidence, violations, exemptions } = this;
    const verdict: Verdict =
      violations.length > 0 ? 'fail' : exemptions.length > 0 ? 'exempt' : evidence.length > 0 ? 'pass' : 'silent';
    return { rule: this.rule.name, verdict, evidence, violations, exemptions };
  }
}
