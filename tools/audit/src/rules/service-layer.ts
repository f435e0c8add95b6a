import ts from 'typescript';
import type { Audit } from '../audit.ts';
import { factsOf, pathText } from '../source/facts.ts';
import { descendants, type FunctionWithBody } from '../source/workspace.ts';
import { isEntry, type HandlerSubject, type RouteSubject, type Subject } from '../subjects.ts';
import { lintWatches } from './lint-evidence.ts';
import type { Findings, Rule } from './rule.ts';

/** Files that may hold SQL: repositories, and tables of an outbox or queue, which are repositories over a connection of their own. */
const sqlFile = /\.repository\.ts$|-table\.ts$|\/migrations\//;

const databaseTypes: ReadonlySet<string> = new Set(['Transactor', 'DataSource', 'EntityManager', 'QueryRunner', 'Repository', 'DatabaseSession', 'Pool', 'Client']);

export const serviceLayer: Rule = {
  number: 2,
  name: 'service-layer',
  title: 'No query in a controller; controllers only translate HTTP.',
  ways: {
    'query-in-controller': 'Move the query to a repository, behind a service.',
    'logic-in-controller': 'Keep the one statement that hands over to the service.',
    'database-in-controller': 'Inject the service; it knows the database.',
    'repository-in-controller': 'Put a service between controller and repository.',
    'sql-outside-repository': 'Move the statement to a *.repository.ts.',
    'lint-off': 'Let the lint rule watch the file.',
  },
  check(subject, audit, findings) {
    if (isEntry(subject)) checkQueries(subject, audit, findings);
    if (subject.kind === 'route' || subject.kind === 'handler') checkController(subject, audit, findings);
  },
};

function checkController(subject: RouteSubject | HandlerSubject, audit: Audit, findings: Findings): void {
  const { entry, at } = subject;
  checkInjected(entry, audit, findings);
  if (!isOneLine(entry)) findings.violates('logic-in-controller', at, `${subject.name} holds more than one statement`);
  else findings.proves('source', `one statement: ${oneLine(entry)}`);
  lintWatches(audit, findings, { rule: 'plinth/no-query-in-controller', files: [at.file] });
  // The lint rule speaks of routes; a handler is held to one statement by the audit alone.
  if (subject.kind === 'route') lintWatches(audit, findings, { rule: 'plinth/controller-is-one-line', files: [at.file] });
}

/** What the controller's constructor asks for: services, never what could query. */
function checkInjected(entry: FunctionWithBody, { workspace }: Audit, findings: Findings): void {
  const type = entry.parent as ts.ClassLikeDeclaration;
  const constructor = type.members.find(ts.isConstructorDeclaration);
  for (const parameter of constructor?.parameters ?? []) {
    const name = workspace.checker.getTypeAtLocation(parameter).symbol?.name ?? '';
    if (databaseTypes.has(name)) findings.violates('database-in-controller', parameter, `${type.name?.text} is given a ${name}`);
    else if (name.endsWith('Repository')) findings.violates('repository-in-controller', parameter, `${type.name?.text} is given a ${name}`);
  }
}

function checkQueries(subject: Extract<Subject, { trace: unknown }>, audit: Audit, findings: Findings): void {
  const queries = factsOf(subject.trace, 'query');
  const controller = subject.kind === 'worker' ? undefined : subject.entry.parent;
  for (const { node, path } of queries) {
    const { file } = audit.workspace.placeOf(node);
    if (controller !== undefined && isWithin(node, controller)) findings.violates('query-in-controller', node, pathText(path));
    else if (sqlFile.test(file) || file.startsWith('libs/')) findings.proves('call path', pathText(path));
    else findings.violatesUnlessExempt('sql-outside-repository', node, `${pathText(path)}, in ${file}`);
  }
  if (queries.length === 0) findings.proves('call path', `no query is reachable over ${subject.trace.functions.length} functions`);
}

function isWithin(node: ts.Node, owner: ts.Node): boolean {
  for (let at: ts.Node | undefined = node; at !== undefined; at = at.parent as ts.Node | undefined) if (at === owner) return true;
  return false;
}

/** A single statement that returns or awaits, with no function of several statements inside. */
function isOneLine({ body }: FunctionWithBody): boolean {
  if (!ts.isBlock(body)) return true;
  const [only, ...more] = body.statements;
  if (more.length > 0) return false;
  if (only === undefined) return true;
  if (!ts.isReturnStatement(only) && !ts.isExpressionStatement(only)) return false;
  return !descendants(only).some((node) => ts.isBlock(node) || ts.isConditionalExpression(node));
}

function oneLine({ body }: FunctionWithBody): string {
  const [only] = ts.isBlock(body) ? body.statements : [body];
  return only === undefined ? 'nothing' : only.getText().replace(/\s+/g, ' ').slice(0, 120);
}
