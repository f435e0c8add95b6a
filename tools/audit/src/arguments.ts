import { parseArgs } from 'node:util';
import { ruleNames, type RuleName } from './model.ts';

/** What the command is asked for. */
export interface AuditArguments {
  readonly rules: readonly RuleName[];
  /** Only subjects whose app or module has this name, or begins with it. */
  readonly module: string | undefined;
  /** Where the JSON and the page go, or undefined for neither. */
  readonly json: string | undefined;
  readonly html: string | undefined;
  /** Prints the evidence of every check. */
  readonly evidence: boolean;
}

export const usage = `usage: make audit [args="..."]
  --rule N|name     only this rule, by number or name (${ruleNames.join(', ')})
  --module NAME     only an app, a module of it (tenant-service/api-keys) or a library (libs/auth)
  --evidence        print how each check passed
  --json [PATH]     write the report, to .plinth/audit/report.json where no path is given
  --html [PATH]     write it as a page, to .plinth/audit/report.html`;

/** @throws Error with the usage where the arguments are none of the command's */
export function readArguments(args: readonly string[], folder: string): AuditArguments {
  const withPaths = args.flatMap((arg, index) => {
    const next = args[index + 1];
    const takesPath = (arg === '--json' || arg === '--html') && (next === undefined || next.startsWith('--'));
    return takesPath ? [arg, `${folder}/report.${arg.slice(2)}`] : [arg];
  });
  const { values } = parseArgs({
    args: withPaths,
    options: { rule: { type: 'string' }, module: { type: 'string' }, json: { type: 'string' }, html: { type: 'string' }, evidence: { type: 'boolean', default: false } },
  });
  return { rules: values.rule === undefined ? ruleNames : [ruleOf(values.rule)], module: values.module, json: values.json, html: values.html, evidence: values.evidence };
}

function ruleOf(text: string): RuleName {
  const name = /^[1-8]$/.test(text) ? ruleNames[Number(text) - 1] : ruleNames.find((rule) => rule === text);
  if (name === undefined) throw new Error(`there is no rule ${text}: ${ruleNames.map((rule, index) => `${index + 1} ${rule}`).join(', ')}`);
  return name;
}
