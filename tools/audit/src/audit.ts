import type { AuditedSubject, Check, Report, RuleName } from './model.ts';
import { ruleNames } from './model.ts';
import { report } from './report/report.ts';
import { rules } from './rules/index.ts';
import { Findings } from './rules/rule.ts';
import { Callers } from './source/callers.ts';
import { Classes } from './source/classes.ts';
import type { House } from './source/house.ts';
import { Implementors } from './source/implementors.ts';
import type { Lint } from './source/lint.ts';
import { Tracer } from './source/trace.ts';
import type { FunctionWithBody, Workspace } from './source/workspace.ts';
import type { Trace } from './source/facts.ts';
import type { Value } from './source/values.ts';
import { findSubjects } from './find-subjects.ts';
import type { Subject } from './subjects.ts';
import type { AuditTarget } from './target.ts';

/** What the rules read: the target, its sources, and what follows from both. */
export interface Audit {
  readonly target: AuditTarget;
  readonly workspace: Workspace;
  readonly house: House;
  readonly lint: Lint;
  readonly classes: Classes;
  readonly callers: Callers;
  trace(entry: FunctionWithBody, values?: readonly Value[]): Trace;
  /** Of all kinds; the rules look for a route that fits the gateway's table, or the handlers of an event. */
  readonly subjects: readonly Subject[];
}

export interface AuditParts {
  readonly workspace: Workspace;
  readonly house: House;
  readonly lint: Lint;
}

/** What of a target is asked for; all of it where nothing is said. */
export interface AuditSelection {
  readonly rules?: readonly RuleName[];
  /** An app, a module of it or a library, by name. */
  readonly module?: string | undefined;
}

/** A module was asked for that has nothing to audit. */
export class UnknownModule extends Error {}

/** Audits a target. @throws UnknownModule */
export async function runAudit(target: AuditTarget, { workspace, house, lint }: AuditParts, selection: AuditSelection = {}): Promise<Report> {
  const { rules: wanted = ruleNames, module } = selection;
  const implementors = new Implementors(workspace);
  const subjects: Subject[] = [];
  const audit: Audit = {
    ...{ target, workspace, house, lint, subjects },
    classes: new Classes(workspace),
    callers: new Callers(workspace),
    trace: (entry, values) => Tracer.trace(workspace, house, implementors, entry, values),
  };
  subjects.push(...(await findSubjects(audit)));
  const chosen = rules.filter(({ name }) => wanted.includes(name));
  const selected = subjects.filter((subject) => module === undefined || subject.app === module || subject.module === module);
  if (selected.length === 0) throw new UnknownModule(`there is no module ${module}: ${[...new Set(subjects.map((subject) => subject.module))].join(', ')}`);
  return report(
    target.name,
    selected.map((subject) => audited(subject, chosen.map((rule) => checkOf(rule, subject, audit)))),
  );
}

function checkOf(rule: (typeof rules)[number], subject: Subject, audit: Audit): Check {
  const findings = new Findings(rule, audit);
  rule.check(subject, audit, findings);
  return findings.check();
}

function audited({ kind, app, module, name, at }: Subject, checks: readonly Check[]): AuditedSubject {
  return { kind, app, module, name, at, checks };
}
