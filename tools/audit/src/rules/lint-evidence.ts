import type { Audit } from '../audit.ts';
import type { Findings } from './rule.ts';

/** Files whose lint configuration is asked for: a library that wraps what a rule forbids to others is let off by the configuration. */
interface LintQuestion {
  readonly rule: string;
  readonly files: readonly string[];
}

/** Counts a lint rule as evidence where it is enabled for every file, or reports the files that it does not watch as `lint-off`. */
export function lintWatches(audit: Audit, findings: Findings, { rule, files }: LintQuestion): void {
  const asked = files.filter((file) => audit.workspace.has(file));
  let watched = 0;
  for (const file of asked) {
    const gap = audit.lint.gap(file, rule);
    if (gap === undefined) watched += 1;
    else findings.violates('lint-off', { file, line: gap.line }, gap.why);
  }
  if (watched > 0) findings.proves('lint', `${rule} is enabled for ${asked.length === 1 ? asked[0] : `${watched} files`}`);
}
