import ts from 'typescript';
import { statusOf, type ErrorKind } from '@plinth/kernel';
import type { Audit } from '../audit.ts';
import { catalogueLine, isDefineErrors, memberOf } from '../source/catalogues.ts';
import { returnsOf } from '../source/evaluator.ts';
import { factsOf, pathText, type FactOf } from '../source/facts.ts';
import { bare, descendants, hasBody, type Workspace } from '../source/workspace.ts';
import { isEntry, type ApplicationSubject, type SourceSubject, type Subject } from '../subjects.ts';
import { lintWatches } from './lint-evidence.ts';
import type { Findings, Rule } from './rule.ts';

/** They make answers: the filter and the bootstrap, and the forwarding of what another service has answered. */
const answering = /^libs\/(?:http|resilience)\//;
const domainFile = /\.(?:service|repository|entity|errors|handler)\.ts$/;

export const errors: Rule = {
  number: 8,
  name: 'errors',
  title: 'Every failure is one problem document (RFC 9457), from one filter.',
  ways: {
    'http-exception': 'Throw a Problem of the feature’s *.errors.ts.',
    'thrown-value': 'Throw a Problem, or an Error for a defect.',
    'problem-outside-catalogue': "Put the problem into the feature's *.errors.ts.",
    'raw-error-reply': 'Throw a Problem, and let the filter answer.',
    'catch-to-client-error': 'Tell what the error was before it becomes the caller’s fault: an outage is not a 400.',
    'filter-missing': 'Make the application by createHttpApp, which puts the ProblemFilter before every route.',
    'local-filter': 'Remove the filter: there is one.',
    'lint-off': 'Let the lint rule watch the file.',
  },
  check(subject, audit, findings) {
    if (subject.kind === 'application') checkApplication(subject, audit, findings);
    if (subject.kind === 'source') checkSources(subject, audit, findings);
    if (isEntry(subject)) checkEntry(subject, audit, findings);
  },
};

function checkApplication({ target, at }: ApplicationSubject, audit: Audit, findings: Findings): void {
  const { workspace } = audit;
  const file = `${target.folder}/create-app.ts`;
  const creator = workspace.has(file) ? workspace.exported(file, 'createApp')?.valueDeclaration : undefined;
  const bootstrap = creator === undefined ? undefined : calledIn(workspace, creator, 'createHttpApp', 'libs/http/');
  const filters = bootstrap === undefined ? [] : descendants(bootstrap).filter((node) => ts.isNewExpression(node) && node.expression.getText() === 'ProblemFilter');
  const global = filters.some((node) => ts.isCallExpression(node.parent) && node.parent.expression.getText().endsWith('.useGlobalFilters'));
  if (global) findings.proves('call path', 'createApp -> createHttpApp -> useGlobalFilters(new ProblemFilter)');
  else findings.violates('filter-missing', at, `${target.name}: createApp does not lead to the ProblemFilter`);
  for (const { kind, type } of target.graph.globals) {
    if (kind === 'filter') findings.violates('local-filter', at, `${type?.name ?? 'a filter'} stands before every route of ${target.name}`);
  }
}

/** The declaration of a library's function where the given function calls it. */
function calledIn(workspace: Workspace, caller: ts.Node, name: string, folder: string): ts.Node | undefined {
  for (const node of descendants(caller)) {
    const declaration = ts.isCallExpression(node) ? workspace.called(node) : undefined;
    if (declaration !== undefined && declaration.name?.getText() === name && workspace.fileOf(declaration).startsWith(folder)) return declaration;
  }
  return undefined;
}

function checkEntry(subject: Extract<Subject, { trace: unknown }>, audit: Audit, findings: Findings): void {
  const { trace } = subject;
  const throws = factsOf(trace, 'throw');
  for (const { thrown } of throws) checkThrown(thrown, audit, findings);
  for (const fact of factsOf(trace, 'catch')) checkCatch(fact, audit, findings);
  for (const each of trace.functions) {
    if (answering.test(audit.workspace.fileOf(each))) continue;
    for (const node of descendants(each)) if (ts.isCallExpression(node)) checkReply(node, audit, findings);
  }
  if (!findings.broken) findings.proves('type', `${throws.length} throws on the way: each a Problem, a defect, or what was caught`);
  lintWatches(audit, findings, { rule: 'plinth/no-nest-exception-in-service', files: trace.files.filter((file) => domainFile.test(file)) });
  if (subject.kind === 'worker') return;
  // What `@OnEvent` brings along only hands the error on to the retries.
  for (const filter of subject.node.enhancers.filters.filter((name) => name !== 'RethrowFilter')) findings.violates('local-filter', subject.at, `${filter} stands before ${subject.name}`);
}

function checkSources({ files }: SourceSubject, audit: Audit, findings: Findings): void {
  for (const file of files) {
    for (const node of audit.workspace.nodesOf(file)) {
      if (ts.isThrowStatement(node)) checkThrown(node.expression, audit, findings);
      if (ts.isCallExpression(node) && !answering.test(file)) checkReply(node, audit, findings);
      if (ts.isNewExpression(node) || ts.isCallExpression(node)) checkCatalogued(node, file, audit, findings);
    }
  }
  if (!findings.broken) findings.proves('source', `${files.length} files: no HttpException, no value thrown, no error answered past the filter`);
  lintWatches(audit, findings, { rule: '@typescript-eslint/only-throw-error', files });
}

/** Problems are made by the entries of catalogues, and those stand in *.errors.ts: what is nowhere listed is nowhere documented. */
function checkCatalogued(node: ts.CallExpression | ts.NewExpression, file: string, { workspace, house }: Audit, findings: Findings): void {
  if (ts.isCallExpression(node)) {
    if (isDefineErrors(node) && !file.endsWith('.errors.ts')) findings.violates('problem-outside-catalogue', node, `a catalogue in ${file}`);
    return;
  }
  if (file.startsWith('libs/kernel/') || !house.isA(workspace.checker.getTypeAtLocation(node), 'kernel', 'Problem')) return;
  // A kind of problem that is made of one: what it says comes from a catalogue.
  const [first] = node.arguments ?? [];
  if (first !== undefined && house.isA(workspace.checker.getTypeAtLocation(first), 'kernel', 'Problem')) return;
  findings.violatesUnlessExempt('problem-outside-catalogue', node, `new ${node.expression.getText()}(${node.arguments?.[0]?.getText() ?? ''}, ...) in ${file}`);
}

function checkThrown(thrown: ts.Expression, { workspace, house }: Audit, findings: Findings): void {
  const node = bare(thrown);
  const parts = ts.isConditionalExpression(node) ? [node.whenTrue, node.whenFalse] : [thrown];
  for (const part of parts) {
    // Of what is awaited, the type of the answer; of what is cast, the type under the cast.
    const type = workspace.checker.getTypeAtLocation(ts.isAwaitExpression(part) ? part : bare(part));
    // What was caught, or what a function of ours makes of it, is of unknown type.
    if ((type.flags & (ts.TypeFlags.Unknown | ts.TypeFlags.Any)) !== 0) continue;
    const bases = (type.isUnion() ? type.types : [type]).map((each) => namesOf(workspace, each));
    if (bases.some((names) => names.includes('HttpException'))) findings.violates('http-exception', thrown, `throws ${part.getText().slice(0, 60)}`);
    else if (!bases.every((names) => names.includes('Error'))) findings.violates('thrown-value', thrown, `throws ${part.getText().slice(0, 60)}`);
    else if (bases.some((names) => names.includes('Problem')) && !house.isA(type, 'kernel', 'Problem') && !type.isUnion()) findings.violates('thrown-value', thrown, `${part.getText()} is no Problem of @plinth/kernel`);
  }
}

/** The type's own name and those of what it extends. */
function namesOf(workspace: Workspace, type: ts.Type): readonly string[] {
  if (type.isIntersection()) return type.types.flatMap((each) => namesOf(workspace, each));
  const bases = type.isClassOrInterface() || (type as { readonly target?: unknown }).target !== undefined ? (workspace.checker.getBaseTypes(type as ts.InterfaceType) ?? []) : [];
  return [type.symbol?.name ?? '', ...bases.flatMap((base) => namesOf(workspace, base))];
}

/** An answer of 4xx or 5xx, or of a status that only run time knows, that is written by hand. */
function checkReply(node: ts.CallExpression, { workspace }: Audit, findings: Findings): void {
  const { expression } = node;
  if (!ts.isPropertyAccessExpression(expression) || !['code', 'status', 'writeHead'].includes(expression.name.text)) return;
  const owner = workspace.checker.getTypeAtLocation(expression.expression).symbol?.name;
  if (owner !== 'FastifyReply' && owner !== 'ServerResponse') return;
  const [status] = node.arguments;
  const known = status !== undefined && ts.isNumericLiteral(status) ? Number(status.text) : undefined;
  if (known === undefined || known >= 400) findings.violates('raw-error-reply', node, node.getText().slice(0, 60));
}

/** A catch around a database or another system that makes every error the caller's. */
function checkCatch({ clause, reaches, path }: FactOf<'catch'>, audit: Audit, findings: Findings): void {
  if (!reaches) return;
  for (const statement of clause.block.statements) {
    const told = ts.isThrowStatement(statement) ? statement.expression : undefined;
    if (told === undefined || !isClientError(told, audit)) continue;
    findings.violates('catch-to-client-error', clause, `${pathText(path)}: every error becomes ${told.getText().slice(0, 60)}`);
  }
}

function isClientError(thrown: ts.Expression, { workspace }: Audit, depth = 0): boolean {
  const node = bare(thrown);
  if (depth > 3) return false;
  if (ts.isNewExpression(node)) {
    const names = namesOf(workspace, workspace.checker.getTypeAtLocation(node));
    if (names.includes('HttpException')) return !/Internal|Unavailable|Gateway|NotImplemented/.test(names[0] ?? '');
    const kind = node.arguments?.[1];
    return kind !== undefined && ts.isStringLiteral(kind) && statusOf(kind.text as ErrorKind) < 500;
  }
  if (!ts.isCallExpression(node)) return false;
  const line = catalogueLine(workspace, node);
  if (line !== undefined) {
    const kind = memberOf(workspace, line.literal, 'kind');
    return kind !== undefined && ts.isStringLiteral(kind) && statusOf(kind.text as ErrorKind) < 500;
  }
  const declaration = workspace.called(node);
  return hasBody(declaration) && returnsOf(declaration).some((each) => isClientError(each, { workspace } as Audit, depth + 1));
}
