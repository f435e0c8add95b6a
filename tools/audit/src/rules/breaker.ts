import type { Audit } from '../audit.ts';
import { factsOf, pathText } from '../source/facts.ts';
import { isEntry, type CallSubject, type Subject } from '../subjects.ts';
import { lintWatches } from './lint-evidence.ts';
import type { Findings, Rule } from './rule.ts';

/** Drivers that their one library may import, and why no breaker stands around them. */
const drivers: readonly { readonly packages: readonly string[]; readonly home: string; readonly reason: string }[] = [
  {
    packages: ['pg', 'typeorm.DataSource'],
    home: 'libs/database/',
    reason: 'PostgreSQL is reached by its driver, whose pools and deadlines this library sets; a breaker would hide the outage that readiness has to tell (ADR 0008)',
  },
  {
    packages: ['kafkajs'],
    home: 'libs/kafka/',
    reason: 'Kafka is reached by its driver, whose retries and deadlines this library sets; events wait in the outbox meanwhile (ADR 0009)',
  },
];

/** What of the lint rule's own exceptions (eslint.config.mjs) is right: the way out itself, and the drivers' libraries. */
const callsByItself = /^libs\/(?:resilience|kafka|database)\//;

export const breaker: Rule = {
  number: 3,
  name: 'breaker',
  title: 'Every call that leaves the process goes through the resilience library: timeout, retry budget, breaker.',
  ways: {
    'calling-package': 'Call through a Destination of @plinth/resilience.',
    'calling-builtin': 'Call through a Destination of @plinth/resilience.',
    'global-client': 'Call through HttpClient or StreamingClient of @plinth/resilience.',
    'loaded-module': 'Import modules by name at the top, and clients not at all.',
    'unknown-package': 'Say in tools/audit/src/source/packages.ts whether the package calls out.',
    'lint-off': 'Let the lint rule watch the file.',
  },
  check(subject, audit, findings) {
    if (subject.kind === 'call') checkCall(subject, audit, findings);
    if (isEntry(subject)) checkEntry(subject, findings);
    if (subject.kind === 'source') {
      lintWatches(audit, findings, { rule: 'plinth/outside-call-through-resilience', files: subject.files.filter((file) => !callsByItself.test(file)) });
    }
  },
};

function checkCall({ use, at }: CallSubject, audit: Audit, findings: Findings): void {
  const driver = drivers.find(({ packages, home }) => packages.includes(use.what) && at.file.startsWith(home));
  if (use.kind === 'through') return findings.proves('call path', throughText(use.what, use.node, audit));
  if (at.file.startsWith('libs/resilience/')) return findings.proves('source', `${use.what} inside libs/resilience, which gives it deadline, retry budget and breaker`);
  if (driver !== undefined) return findings.exempts(at, `${use.what} in ${driver.home.slice(0, -1)}`, driver.reason);
  const way = { import: use.what.includes('.') ? 'calling-builtin' : 'calling-package', global: 'global-client', loaded: 'loaded-module', unknown: 'unknown-package' }[use.kind];
  findings.violatesUnlessExempt(way, use.node, use.what);
}

/** The way of an entry to the call, where one leads there. */
function throughText(what: string, node: CallSubject['use']['node'], audit: Audit): string {
  for (const subject of audit.subjects) {
    const fact = isEntry(subject) ? factsOf(subject.trace, 'outside').find((each) => each.node === node) : undefined;
    if (fact !== undefined) return pathText(fact.path);
  }
  return `${what} of libs/resilience`;
}

function checkEntry(subject: Extract<Subject, { trace: unknown }>, findings: Findings): void {
  const calls = factsOf(subject.trace, 'outside');
  for (const { path } of calls) findings.proves('call path', pathText(path));
  // What leaves otherwise is a subject of its own, wherever it stands.
  if (calls.length === 0) findings.proves('call path', `nothing leaves the process over ${subject.trace.functions.length} functions`);
}
