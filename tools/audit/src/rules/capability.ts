import type { AccessRule } from '@plinth/auth';
import type { Grant } from '@plinth/contracts';
import type { Audit } from '../audit.ts';
import type { RouteNode } from '../graph/app-graph.ts';
import { factsOf, pathText } from '../source/facts.ts';
import type { ApplicationSubject, RouteSubject } from '../subjects.ts';
import type { GatewayEntry } from '../target.ts';
import { rootPlace } from './idempotency.ts';
import { lintWatches } from './lint-evidence.ts';
import type { Findings, Rule } from './rule.ts';

/** Who calls, then whether they may. */
const guards = ['IdentityGuard', 'AccessGuard'] as const;

export const capability: Rule = {
  number: 5,
  name: 'capability',
  title: 'Every route names the capability it needs, or says in words why it is open.',
  ways: {
    undeclared: 'Declare @Access(capability), or @Public, @SignedIn or @ServicesOnly with a reason.',
    'unknown-capability': 'Add the capability to the catalogue (libs/contracts/src/capabilities.ts).',
    'ungranted-capability': 'Grant the capability to a role, or nobody can ever call the route.',
    'condition-unsettled': 'Hold the resource against the grant in the service: ctx.grant.require(...) or reach().',
    'no-reason': 'Say in words why.',
    'guards-missing': 'Import ServiceAuthModule.for(...) in the AppModule.',
    'guards-order': 'IdentityGuard comes first: AccessGuard judges whom it has found.',
    'not-in-gateway': "Add the route to the gateway's table, or make it @ServicesOnly.",
    'gateway-without-service': "Remove the entry from the gateway's table, or add the route to the service.",
    'gateway-disagrees': 'Let table and route say the same: open, or for a principal.',
    'internal-in-gateway': "Remove the entry from the gateway's table: the route is not for callers from outside.",
    'lint-off': 'Let the lint rule watch the file.',
  },
  check(subject, audit, findings) {
    if (subject.kind === 'route') checkRoute(subject, audit, findings);
    if (subject.kind === 'application') checkTable(subject, audit, findings);
  },
};

function checkRoute(subject: RouteSubject, audit: Audit, findings: Findings): void {
  const { node, at } = subject;
  const entry = audit.target.gatewayTable?.entries.find((each) => each.upstream === subject.app && isSame(each, node));
  lintWatches(audit, findings, { rule: 'plinth/route-declares-access', files: [at.file] });
  if (node.withoutIdentity !== undefined) return checkProbe(subject, entry, findings);
  checkGuards(subject, audit, findings);
  const { access } = node;
  if (access === undefined) return findings.violates('undeclared', at, `${subject.name} does not say who may call it`);
  if (access.kind === 'capability') checkCapability(subject, access, audit, findings);
  else if (access.reason.trim() === '') findings.violates('no-reason', at, `${subject.name} is ${access.kind} without a reason`);
  else findings.exempts(at, `${subject.name} needs no capability (${access.kind.replace('_', ' ')})`, access.reason);
  if (audit.target.gatewayTable !== undefined) checkEntry(subject, access.kind, entry, findings);
}

/** A probe reveals nothing, and is not reached from outside. */
function checkProbe({ node, at, name }: RouteSubject, entry: GatewayEntry | undefined, findings: Findings): void {
  const reason = node.withoutIdentity ?? '';
  if (reason.trim() === '') findings.violates('no-reason', at, `${name} is answered without identity, and does not say why`);
  else findings.exempts(at, `${name} is answered without identity`, reason);
  if (entry !== undefined) findings.violates('internal-in-gateway', at, `${name} is answered without identity and stands in the gateway's table`);
}

function checkGuards({ target }: RouteSubject, audit: Audit, findings: Findings): void {
  const order = target.graph.globals.filter(({ kind }) => kind === 'guard').map(({ type }) => type?.name ?? 'a factory');
  const [identity, access] = guards.map((guard) => order.indexOf(guard));
  if (identity === undefined || access === undefined || identity === -1 || access === -1) {
    const missing = guards.filter((guard) => !order.includes(guard));
    return findings.violates('guards-missing', rootPlace(audit, target.name), `the module graph has no global ${missing.join(' and no ')}`);
  }
  if (identity > access) return findings.violates('guards-order', rootPlace(audit, target.name), `${order.join(', then ')}`);
  findings.proves('graph', `before every route, in this order: ${order.join(', ')}`);
}

function checkCapability({ name, at, trace }: RouteSubject, access: AccessRule & { readonly kind: 'capability' }, { target }: Audit, findings: Findings): void {
  const { capability: wanted, operatorCapability, condition, resourceCondition } = access;
  const grants = target.capabilityGrants[wanted];
  if (grants === undefined) return findings.violates('unknown-capability', at, `${name} needs ${wanted}, which is not in the catalogue`);
  if (grants.length === 0) return findings.violates('ungranted-capability', at, `${name} needs ${wanted}, which no role grants`);
  findings.proves('declaration', `${wanted}, granted to ${grants.map(grantText).join(', ')}${condition === undefined ? '' : `; condition: ${condition.name}`}`);
  if (operatorCapability !== undefined) {
    const toOperators = target.capabilityGrants[operatorCapability] ?? [];
    if (toOperators.length === 0) findings.violates('unknown-capability', at, `${name} needs ${operatorCapability} of operators, which no role of theirs grants`);
    else findings.proves('declaration', `of operators ${operatorCapability}, granted to ${toOperators.map(grantText).join(', ')}`);
  }
  if (resourceCondition === undefined && grants.every((grant) => grant.condition === undefined)) return;
  const settled = factsOf(trace, 'settle');
  for (const { path } of settled) findings.proves('call path', `${pathText(path)}: the grant's condition is held against the resource`);
  if (settled.length === 0) findings.violates('condition-unsettled', at, `${name} needs ${wanted} under a condition (${[resourceCondition, ...grants.map((grant) => grant.condition)].filter(Boolean).join(', ')}), and nothing on its way asks the grant`);
}

function grantText({ role, condition, credential }: Grant): string {
  const limits = [condition, credential].filter((limit) => limit !== undefined);
  return limits.length === 0 ? role : `${role} (${limits.join(', ')})`;
}

function checkEntry({ name, at }: RouteSubject, kind: string, entry: GatewayEntry | undefined, findings: Findings): void {
  if (kind === 'services') {
    if (entry !== undefined) findings.violates('internal-in-gateway', at, `${name} is for services alone and stands in the gateway's table`);
    else findings.proves('table', "not in the gateway's table");
    return;
  }
  if (entry === undefined) return findings.violates('not-in-gateway', at, `${name} is in no entry of the gateway's table`);
  const open = typeof entry.access === 'object';
  if (open !== (kind === 'public')) findings.violates('gateway-disagrees', at, `${name} is ${kind.replace('_', ' ')}, and the gateway's table says ${open ? 'open' : 'for a principal'}`);
  else findings.proves('table', `the gateway forwards ${entry.method} ${entry.path}, ${open ? 'open' : 'for a principal'}`);
}

/** Entries that lead to no route of this application. */
function checkTable({ target, app }: ApplicationSubject, audit: Audit, findings: Findings): void {
  const table = audit.target.gatewayTable;
  const entries = table?.entries.filter(({ upstream }) => upstream === app) ?? [];
  for (const entry of entries) {
    if (target.graph.routes.some((route) => isSame(entry, route))) continue;
    findings.violates('gateway-without-service', lineOf(audit, entry), `${entry.method} ${entry.path} leads to no route of ${app}`);
  }
  if (entries.length > 0) findings.proves('table', `${entries.length} entries of the gateway's table, each with a route`);
}

/** Where the table names the path with its method. */
function lineOf(audit: Audit, entry: GatewayEntry) {
  const file = audit.target.gatewayTable?.file ?? '';
  const lines = audit.workspace.source(file).text.split('\n');
  const index = lines.findIndex((line) => line.includes(`'${entry.path}'`) && line.includes(`'${entry.method}'`));
  return { file, line: index + 1 };
}

function isSame(entry: GatewayEntry, route: RouteNode): boolean {
  return entry.method === route.method && shapeOf(entry.path) === shapeOf(route.path);
}

function shapeOf(path: string): string {
  return path.replace(/\{[^}]+\}|:[^/]+/g, '{}').replace(/(.)\/$/, '$1');
}
