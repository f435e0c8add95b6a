import ts from 'typescript';
import type { Audit } from '../audit.ts';
import { isDefineErrors } from '../source/catalogues.ts';
import { factsOf } from '../source/facts.ts';
import { foreignPart } from '../source/constant-text.ts';
import { bare, descendants } from '../source/workspace.ts';
import { isEntry, type SourceSubject } from '../subjects.ts';
import { lintWatches } from './lint-evidence.ts';
import type { Findings, Rule } from './rule.ts';

const loggers: ReadonlySet<string> = new Set(['pino', 'pino-pretty', 'nestjs-pino', 'pino-http', 'winston', 'nest-winston', 'bunyan', 'log4js', 'loglevel', 'debug', 'signale', 'consola']);
const nestLoggers: ReadonlySet<string> = new Set(['Logger', 'ConsoleLogger']);

/** The one library that writes logs. */
const home = 'libs/logging/';

export const pii: Rule = {
  number: 6,
  name: 'pii',
  title: 'Logs cannot hold personal data, secrets, signatures, attachments or raw payloads; always on.',
  ways: {
    console: "Use @plinth/logging's Logger.",
    'other-logger': "Use @plinth/logging's Logger.",
    'standard-output': "Use @plinth/logging's Logger; a command that talks to a person says so by @ruleExempt.",
    'message-from-data': 'Keep the message constant, and put ids and counts into fields.',
    'untyped-fields': 'Give fields of SafeFields, without a cast.',
    'problem-from-data': 'Say it in constant words: what the caller sent is his, what we know of others is not.',
    'lint-off': 'Let the lint rule watch the file.',
  },
  check(subject, audit, findings) {
    if (subject.kind === 'source') checkSources(subject, audit, findings);
    if (!isEntry(subject)) return;
    const logs = factsOf(subject.trace, 'log');
    for (const { call } of logs) checkLog(call, audit, findings);
    if (!findings.broken) findings.proves('type', `${logs.length} log lines on the way: constant messages, fields of SafeFields`);
    lintWatches(audit, findings, { rule: 'plinth/constant-log-message', files: subject.trace.files });
  },
};

function checkSources({ files }: SourceSubject, audit: Audit, findings: Findings): void {
  let lines = 0;
  for (const file of files) {
    for (const node of audit.workspace.nodesOf(file)) {
      if (ts.isImportDeclaration(node) && !file.startsWith(home)) checkImport(node, findings);
      if (ts.isNewExpression(node) || ts.isCallExpression(node)) checkProblem(node, audit, findings);
      if (!ts.isCallExpression(node)) continue;
      checkOutput(node, file, audit, findings);
      if (audit.house.intrinsicOf(audit.workspace.called(node)) !== 'log') continue;
      lines += 1;
      checkLog(node, audit, findings);
    }
  }
  if (!findings.broken) findings.proves('source', `${lines} log lines in ${files.length} files, all by @plinth/logging`);
  lintWatches(audit, findings, { rule: 'plinth/constant-log-message', files });
  lintWatches(audit, findings, { rule: 'no-console', files });
}

function checkLog(call: ts.CallExpression, { workspace, callers }: Audit, findings: Findings): void {
  const [message, fields] = call.arguments;
  const foreign = message === undefined ? undefined : foreignPart(workspace, callers, message);
  if (foreign !== undefined) findings.violates('message-from-data', call, `the message holds ${foreign.getText()}`);
  if (fields === undefined) return;
  const cast = ts.isAsExpression(fields) || ts.isTypeAssertionExpression(fields);
  const untyped = (workspace.checker.getTypeAtLocation(bare(fields)).flags & (ts.TypeFlags.Any | ts.TypeFlags.Never)) !== 0;
  if (cast || untyped) findings.violates('untyped-fields', call, `${fields.getText().slice(0, 60)} passes by the type of the allow-list`);
}

function checkImport(node: ts.ImportDeclaration, findings: Findings): void {
  const specifier = (node.moduleSpecifier as ts.StringLiteral).text;
  if (node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword) return;
  const bindings = node.importClause?.namedBindings;
  const names = bindings !== undefined && ts.isNamedImports(bindings) ? bindings.elements.map((each) => (each.propertyName ?? each.name).text) : [];
  if (loggers.has(specifier)) findings.violates('other-logger', node, specifier);
  else if (specifier === '@nestjs/common' && names.some((name) => nestLoggers.has(name))) findings.violates('other-logger', node, "Nest's own Logger");
}

function checkOutput(node: ts.CallExpression, file: string, { workspace }: Audit, findings: Findings): void {
  const text = node.expression.getText();
  const [object] = text.split('.');
  if (object === 'console' && workspace.symbolAt((node.expression as ts.PropertyAccessExpression).expression)?.declarations?.some((each) => workspace.isOurs(each)) !== true) {
    findings.violates('console', node, text);
  }
  if (/^process\.(?:stdout|stderr)\.write$/.test(text) && !file.startsWith(home)) findings.violatesUnlessExempt('standard-output', node, `${text} in ${file}`);
}

/** What a caller is told: words of ours, but for what is out of a closed set. Said in the catalogues, or by a problem that is made in place. */
function checkProblem(node: ts.CallExpression | ts.NewExpression, { workspace, callers, house }: Audit, findings: Findings): void {
  const details: readonly (ts.Expression | undefined)[] = ts.isCallExpression(node)
    ? isDefineErrors(node) ? detailsIn(node) : []
    : house.isA(workspace.checker.getTypeAtLocation(node), 'kernel', 'Problem') && !workspace.fileOf(node).startsWith('libs/kernel/') ? [node.arguments?.[2]] : [];
  for (const detail of details) {
    const foreign = detail === undefined ? undefined : foreignPart(workspace, callers, detail);
    if (detail !== undefined && foreign !== undefined) findings.violatesUnlessExempt('problem-from-data', detail, `the detail holds ${foreign.getText()}`);
  }
}

/** Every `detail` of a catalogue: of its lines, and of what their occurrences add. */
function detailsIn(catalogue: ts.CallExpression): readonly ts.Expression[] {
  return descendants(catalogue).flatMap((node) => {
    if (ts.isPropertyAssignment(node) && node.name.getText() === 'detail') return [node.initializer];
    return ts.isShorthandPropertyAssignment(node) && node.name.text === 'detail' ? [node.name] : [];
  });
}
