import { ruleNames, type AuditedSubject, type Check, type Report, type RuleName, type Share, type Violation } from '../model.ts';

/** What the checks of all subjects amount to. */
export function report(target: string, subjects: readonly AuditedSubject[]): Report {
  const modules = Map.groupBy(subjects, ({ module }) => module);
  const names = [...modules.keys()].sort(byApps);
  const checked = subjects.filter(({ checks }) => checks.some(({ verdict }) => verdict !== 'silent'));
  return {
    target,
    compliant: share(checked.map(({ checks }) => checks.every(({ verdict }) => verdict !== 'fail'))),
    rules: byRule(subjects),
    modules: Object.fromEntries(names.map((name) => [name, byRule(modules.get(name) ?? [])])),
    subjects,
    violations: unique(subjects.flatMap(({ checks }) => checks.flatMap(({ violations }) => violations))),
    exemptions: unique(subjects.flatMap(({ checks }) => checks.flatMap(({ exemptions }) => exemptions))),
  };
}

/** Apps before libraries, each by name. */
function byApps(one: string, another: string): number {
  const [first, second] = [one.startsWith('libs/'), another.startsWith('libs/')];
  return first === second ? one.localeCompare(another) : first ? 1 : -1;
}

function byRule(subjects: readonly AuditedSubject[]): Readonly<Record<RuleName, Share>> {
  const checks = subjects.flatMap((subject) => subject.checks);
  return Object.fromEntries(ruleNames.map((rule) => [rule, shareOf(checks.filter((check) => check.rule === rule))])) as Record<RuleName, Share>;
}

function shareOf(checks: readonly Check[]): Share {
  return share(checks.filter(({ verdict }) => verdict !== 'silent').map(({ verdict }) => verdict !== 'fail'));
}

/** Rounded down: 100 % is only where nothing fails. */
function share(passes: readonly boolean[]): Share {
  const passed = passes.filter(Boolean).length;
  return { passed, total: passes.length, percent: passes.length === 0 ? 100 : Math.floor((100 * passed) / passes.length) };
}

/** One mistake may break a rule for several subjects; it is told once. */
function unique<T extends { readonly rule: RuleName; readonly at: Violation['at'] }>(found: readonly T[]): readonly T[] {
  const known = new Map<string, T>();
  for (const each of found) {
    const { file, line } = each.at;
    const key = [each.rule, (each as { readonly way?: string }).way ?? (each as { readonly what?: string }).what, file, line].join('|');
    if (!known.has(key)) known.set(key, each);
  }
  return [...known.values()].sort((one, another) => ruleNames.indexOf(one.rule) - ruleNames.indexOf(another.rule) || one.at.file.localeCompare(another.at.file) || one.at.line - another.at.line);
}
