import { ruleNames, type AuditedSubject, type Check, type Report } from '../model.ts';

/** Every check with how it was proved, for people who want to see it. */
export function evidenceOf({ subjects }: Report): string {
  return subjects.flatMap(linesOf).join('\n');
}

function linesOf({ kind, name, app, at, checks }: AuditedSubject): readonly string[] {
  const told = checks.filter(({ verdict }) => verdict !== 'silent');
  if (told.length === 0) return [];
  return [`${kind} ${name} (${app}, ${at.file}:${at.line})`, ...told.flatMap(checkLines), ''];
}

function checkLines({ rule, verdict, evidence, violations, exemptions }: Check): readonly string[] {
  return [
    `  ${ruleNames.indexOf(rule) + 1} ${rule}: ${verdict}`,
    ...violations.map(({ way, at, detail }) => `      ${way} at ${at.file}:${at.line}: ${detail}`),
    ...exemptions.map(({ what, reason }) => `      exempt: ${what}: ${reason}`),
    ...evidence.map(({ kind, text }) => `      ${kind}: ${text}`),
  ];
}
