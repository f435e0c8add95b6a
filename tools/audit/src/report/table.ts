import { ruleNames, type Report, type RuleName, type Share } from '../model.ts';

/** The report for a terminal: a table module x rule, then every violation with its place and remedy, then the exemptions. */
export function tableOf(report: Report, shown: readonly RuleName[]): string {
  const columns = ruleNames.filter((rule) => shown.includes(rule));
  const rows = Object.entries(report.modules)
    .map(([module, shares]) => [module, ...columns.map((rule) => cell(shares[rule]))])
    .filter(([, ...cells]) => cells.some((each) => each !== '-'));
  const total = ['all', ...columns.map((rule) => cell(report.rules[rule]))];
  const { passed, total: all, percent } = report.compliant;
  return [
    ...aligned([['module', ...columns.map((rule) => `${ruleNames.indexOf(rule) + 1} ${rule}`)], ...rows, total]),
    '',
    ...report.violations.flatMap(({ rule, way, at, detail, remedy }) => [`${at.file}:${at.line}  ${rule}/${way}`, `    ${detail}`, `    ${remedy}`]),
    ...exemptionsOf(report),
    `${report.target}: ${passed} of ${all} obey every rule that concerns them: ${percent} %, ${report.violations.length} violations, ${report.exemptions.length} documented exemptions`,
  ].join('\n');
}

function exemptionsOf({ exemptions }: Report): readonly string[] {
  if (exemptions.length === 0) return [];
  return ['documented exemptions:', ...exemptions.map(({ rule, at, what, reason }) => `  ${rule}  ${what} (${at.file}:${at.line}): ${reason}`), ''];
}

/** `12/12` where all pass, else with the percentage; `-` where the rule has nothing to ask. */
function cell({ passed, total, percent }: Share): string {
  if (total === 0) return '-';
  return passed === total ? `${passed}/${total}` : `${passed}/${total} ${percent}%`;
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ').trimEnd());
}
