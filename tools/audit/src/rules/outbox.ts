import ts from 'typescript';
import type { Audit } from '../audit.ts';
import { factsOf, pathText, type FactOf, type Trace } from '../source/facts.ts';
import { sqlTexts } from '../source/sql.ts';
import { isEntry, mutates, type EventSubject, type RouteSubject, type SourceSubject } from '../subjects.ts';
import type { Findings, Rule } from './rule.ts';

/** Who writes to Kafka: the relay, which reads outboxes, and the library that puts dead letters aside. */
const publishers: readonly { readonly folder: string; readonly what: string }[] = [
  { folder: 'apps/outbox-relay/', what: 'the relay publishes what stands in outboxes, and letters that an operator sends again' },
  { folder: 'libs/kafka/', what: 'a message that no attempt could handle is put aside as a dead letter' },
];

export const outbox: Rule = {
  number: 4,
  name: 'outbox',
  title: 'Every event is written to the outbox table in the transaction of the change that it tells of.',
  ways: {
    'append-outside-transaction': 'Append by the `tx` that Transactor.run gives.',
    'append-after-commit': 'Append inside the transaction: what is told after the commit is lost in a crash.',
    'append-in-another-transaction': 'Append in the transaction that writes the change.',
    'audit-missing': 'Record it: audit.record(tx, ctx, ...) in the transaction of the change.',
    'audit-in-another-transaction': 'Record the audit entry in the transaction of the change.',
    'direct-publish': 'Append to the outbox; the relay publishes.',
    'outbox-by-hand': 'Use Outbox.append, which checks, numbers and limits events.',
  },
  check(subject, audit, findings) {
    if (subject.kind === 'event' && subject.appended !== undefined) checkAppended(subject, subject.appended, findings);
    if (subject.kind === 'route' && mutates(subject)) checkAudited(subject, findings);
    if (isEntry(subject)) checkPublishing(subject.trace, audit, findings);
    if (subject.kind === 'source') checkSources(subject, audit, findings);
  },
};

function checkAppended({ name }: EventSubject, { reached, traces }: NonNullable<EventSubject['appended']>, findings: Findings): void {
  for (const fact of reached) judge(name, fact, traces, findings);
  if (reached.length === 0) findings.proves('type', `${name} takes a Tx, which only the Transactor makes`);
}

/** Whether what is told, an event or an audit record, is told in the transaction of the change. */
function judge(name: string, fact: FactOf<'append' | 'record'>, traces: readonly Trace[], findings: Findings): void {
  const way = pathText(fact.path);
  if (fact.deferred || fact.transaction?.origin === 'kept') findings.violates('append-after-commit', fact.node, `${name}: ${way}`);
  else if (fact.transaction === undefined || fact.transaction.origin === 'forged') findings.violates('append-outside-transaction', fact.node, `${name}: ${way}`);
  else if (tellsOfAnother(fact, traces)) findings.violates(fact.kind === 'record' ? 'audit-in-another-transaction' : 'append-in-another-transaction', fact.node, `${name}: ${way}, while the change is written in another transaction`);
  else findings.proves('call path', fact.transaction.origin === 'given' ? `${way}, by a Tx that only the Transactor makes` : way);
}

/** Whether the entries that reach it write, and all of them elsewhere. */
function tellsOfAnother(fact: FactOf<'append' | 'record'>, traces: readonly Trace[]): boolean {
  const own = traces.filter((trace) => trace.facts.includes(fact));
  const writes = own.flatMap((trace) => factsOf(trace, 'query')).filter((query) => query.writes && query.transaction !== undefined);
  return writes.length > 0 && writes.every(({ transaction }) => transaction?.id !== fact.transaction?.id);
}

function checkAudited({ trace, at, name }: RouteSubject, findings: Findings): void {
  const writes = factsOf(trace, 'query').filter((query) => query.writes);
  const records = factsOf(trace, 'record');
  const appends = factsOf(trace, 'append');
  for (const fact of [...records, ...appends]) judge(name, fact, [trace], findings);
  if (records.length > 0) return;
  if (writes.length === 0 && appends.length === 0) return findings.proves('call path', `changes nothing: no write is reachable over ${trace.functions.length} functions`);
  const [first] = trace.functions;
  if (first === undefined) return;
  findings.violatesUnlessExempt('audit-missing', (first as ts.MethodDeclaration).name ?? first, `${name} at ${at.file} changes something and records no audit entry`);
}

function checkPublishing(trace: Trace, { workspace }: Audit, findings: Findings): void {
  for (const { node, path } of factsOf(trace, 'publish')) {
    const publisher = publishers.find(({ folder }) => workspace.fileOf(node).startsWith(folder));
    if (publisher !== undefined) findings.proves('call path', `${pathText(path)}: ${publisher.what}`);
    else findings.violates('direct-publish', node, `${pathText(path)} sends to Kafka past the outbox`);
  }
}

/** What could publish past the outbox, wherever it stands: producers, and statements that write to the table. */
function checkSources({ files }: SourceSubject, audit: Audit, findings: Findings): void {
  const { workspace, house } = audit;
  for (const file of files) {
    const mayPublish = publishers.some(({ folder }) => file.startsWith(folder));
    const mayWrite = file.startsWith('libs/outbox/') || file.startsWith('apps/outbox-relay/');
    for (const node of workspace.nodesOf(file)) {
      if (!mayWrite && ts.isStringLiteralLike(node) && writesOutbox(node.text)) findings.violates('outbox-by-hand', node, 'SQL that writes to event_outbox');
      if (!mayWrite && ts.isTemplateExpression(node) && sqlTexts(workspace, node, 1).some(writesOutbox)) findings.violates('outbox-by-hand', node, 'SQL that writes to event_outbox');
      if (mayPublish || !ts.isCallExpression(node)) continue;
      const declaration = workspace.called(node);
      if (declaration === undefined) continue;
      if (house.intrinsicOf(declaration) === 'publish' || house.isProducing(declaration)) findings.violates('direct-publish', node, `${node.expression.getText()} sends to Kafka past the outbox`);
    }
  }
  findings.proves('source', `no producer and no statement of its own over event_outbox in ${files.length} files`);
}

function writesOutbox(text: string): boolean {
  return /\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+[\w".§]*event_outbox\b/i.test(text);
}
