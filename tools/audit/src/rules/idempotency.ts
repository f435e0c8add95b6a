import type { Audit } from '../audit.ts';
import { factsOf, pathText, type FactOf } from '../source/facts.ts';
import type { TransactionOrigin } from '../source/values.ts';
import { mutates, type CallSubject, type HandlerSubject, type RouteSubject } from '../subjects.ts';
import { lintWatches } from './lint-evidence.ts';
import type { Findings, Rule } from './rule.ts';

export const idempotency: Rule = {
  number: 1,
  name: 'idempotency',
  title: 'Every POST, PUT, PATCH and DELETE takes an Idempotency-Key; the effect happens once.',
  ways: {
    undeclared: 'Declare @Idempotent() at the method, or @IdempotencyOptional(reason).',
    'no-reason': 'Say in words why the key may be absent.',
    'interceptor-missing': 'Import IdempotencyModule.forRoot(...) in the AppModule.',
    'write-outside-transaction': 'Write by the `tx` that Transactor.run(ctx, ...) gives.',
    'write-by-system-role': "Write in Transactor.run(ctx, ...): the request's claim rides on its own transaction.",
    'write-in-another-scope': "Give Transactor.run the request's own context: another scope carries no claim.",
    'call-unclaimed': 'Declare external, and claim the key by ExternalCalls.begin before the call: what is called twice may happen twice.',
    'external-undeclared': 'Declare external: { leaseSeconds } at the route, which ExternalCalls needs.',
    'write-after-commit': 'Write before the transaction ends: after it nothing is stored with the answer.',
    'read-route-writes': 'Make it a POST, or let it write nothing but its audit record.',
    'handler-writes-elsewhere': "Write by the `tx` that the handler is given: it commits with the inbox row.",
    'lint-off': 'Let the lint rule watch the file.',
  },
  check(subject, audit, findings) {
    if (subject.kind === 'handler') checkHandler(subject, findings);
    if (subject.kind === 'call') checkCall(subject, audit, findings);
    if (subject.kind !== 'route') return;
    if (!mutates(subject)) return checkReading(subject, findings);
    checkDeclaration(subject, audit, findings);
    checkWrites(subject, findings);
    checkCalls(subject, findings);
  },
};

function checkDeclaration({ node, at, target }: RouteSubject, audit: Audit, findings: Findings): void {
  const policy = node.idempotency;
  if (policy === undefined) return findings.violates('undeclared', at, `${node.method} ${node.path} says nothing of Idempotency-Key`);
  const interceptor = target.graph.globals.find(({ kind, type }) => kind === 'interceptor' && type?.name === 'IdempotencyInterceptor');
  // Told once, at the application.
  if (interceptor === undefined) findings.violates('interceptor-missing', rootPlace(audit, target.name), 'the module graph has no global IdempotencyInterceptor');
  else findings.proves('graph', `IdempotencyInterceptor stands before every route (${interceptor.module})`);
  if (policy.mode === 'required') findings.proves('declaration', `@Idempotent${policy.subject === undefined ? '' : ', by the subject that the body names'}`);
  else if (policy.reason.trim() === '') findings.violates('no-reason', at, 'the key may be absent without a reason');
  else findings.exempts(at, `${node.method} ${node.path}: the key may be absent`, policy.reason);
  lintWatches(audit, findings, { rule: 'plinth/mutation-declares-idempotency', files: [at.file] });
}

export function rootPlace(audit: Audit, app: string) {
  const application = audit.subjects.find((subject) => subject.kind === 'application' && subject.name === app);
  if (application === undefined) throw new Error(`there is no application ${app}`);
  return application.at;
}

function checkWrites({ trace }: RouteSubject, findings: Findings): void {
  const writes = factsOf(trace, 'query').filter((fact) => fact.writes);
  for (const write of writes) judge(write, findings);
  if (writes.length === 0 && factsOf(trace, 'append').length + factsOf(trace, 'record').length === 0) {
    findings.proves('call path', `no write is reachable over ${trace.functions.length} functions`);
  }
}

/** A call to the outside cannot be taken back with a transaction: its claim is committed before it. */
function checkCalls({ trace, node, name, at }: RouteSubject, findings: Findings): void {
  const external = node.idempotency?.external !== undefined;
  const claims = factsOf(trace, 'claim');
  const byCall = factsOf(trace, 'query').some(({ transaction }) => transaction?.origin === 'claimed');
  if ((claims.length > 0 || byCall) && !external) findings.violates('external-undeclared', at, `${name} goes by ExternalCalls and does not declare it`);
  for (const { path } of claims) findings.proves('call path', pathText(path));
  if (external && claims.length > 0) return;
  for (const call of factsOf(trace, 'outside')) findings.violates('call-unclaimed', call.node, `${name}: ${pathText(call.path)}, and no claim is committed before it`);
}

/** The same, of the call: it is one of those that a keyed request must claim. */
function checkCall({ use }: CallSubject, audit: Audit, findings: Findings): void {
  for (const route of audit.subjects) {
    if (route.kind !== 'route' || !mutates(route) || !factsOf(route.trace, 'outside').some(({ node }) => node === use.node)) continue;
    checkCalls(route, findings);
  }
}

function judge({ node, path, transaction, deferred }: FactOf<'query'>, findings: Findings): void {
  const way = pathText(path);
  if (deferred) return findings.violates('write-after-commit', node, way);
  const origin = transaction?.origin ?? 'forged';
  if (origin === 'request' || origin === 'claimed') findings.proves('call path', way);
  else findings.violatesUnlessExempt(wayOf[origin], node, way);
}

/** What it means that a route's write is in such a transaction. */
const wayOf: Readonly<Record<Exclude<TransactionOrigin, 'request' | 'claimed'>, string>> = {
  system: 'write-by-system-role',
  own: 'write-in-another-scope',
  kept: 'write-after-commit',
  inbox: 'write-outside-transaction',
  given: 'write-outside-transaction',
  forged: 'write-outside-transaction',
};

/** A read may leave a record that it was made, and nothing else. */
function checkReading({ trace, node }: RouteSubject, findings: Findings): void {
  const writes = factsOf(trace, 'query').filter((fact) => fact.writes);
  for (const { node: at, path } of writes) findings.violates('read-route-writes', at, `${node.method} ${node.path}: ${pathText(path)}`);
  if (writes.length === 0) findings.proves('call path', `${node.method} changes nothing: no write is reachable over ${trace.functions.length} functions`);
}

function checkHandler({ trace, name }: HandlerSubject, findings: Findings): void {
  const writes = factsOf(trace, 'query').filter((fact) => fact.writes);
  for (const { node, path, transaction, deferred } of writes) {
    if (transaction?.origin === 'inbox' && !deferred) findings.proves('call path', `${pathText(path)}, in the transaction of the inbox row`);
    else findings.violates('handler-writes-elsewhere', node, `${name}: ${pathText(path)}`);
  }
  if (writes.length === 0) findings.proves('call path', `no write is reachable over ${trace.functions.length} functions`);
}
