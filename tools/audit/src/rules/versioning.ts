import ts from 'typescript';
import { eventName, shippedFaults, type EventDefinition, type JsonSchema } from '@plinth/contracts';
import type { Audit } from '../audit.ts';
import { definitionsOf, type DefinedEvent } from '../source/events.ts';
import type { EventSubject, HandlerSubject, SourceSubject } from '../subjects.ts';
import type { Findings, Rule } from './rule.ts';

/** `<aggregate>.<past tense>` (contract: "Events"). */
const typePattern = /^[a-z][a-z_]*\.[a-z][a-z_]*$/;

export const versioning: Rule = {
  number: 7,
  name: 'versioning',
  title: 'Every event has a type, a version and a registered schema; old versions can still be read.',
  ways: {
    'not-registered': 'Add the definition to the list in libs/contracts/src/events/index.ts.',
    'appends-unregistered': 'Append a definition that is registered in @plinth/contracts.',
    'untyped-payload': "Give a payload of the definition's type, without a cast to any.",
    'no-schema': 'Describe every member of the payload, and allow no other (field.record).',
    'malformed-type': 'Name it <aggregate>.<past tense>, in lower case.',
    'malformed-version': 'Count versions from 1, without a gap: what was published stays readable.',
    'not-locked': 'Write the schema into the lock: make generate.',
    'changed-after-shipping': 'Put the shipped version back, and make a new one of the change.',
    'handles-unregistered': 'Handle a version that is registered in @plinth/contracts.',
    'version-unhandled': 'Handle every registered version of the type, or bring old ones up to the new.',
  },
  check(subject, audit, findings) {
    if (subject.kind === 'handler') checkHandler(subject, audit, findings);
    if (subject.kind === 'source') checkShipped(subject, audit, findings);
    if (subject.kind !== 'event') return;
    if (subject.defined !== undefined) checkDefined(subject.defined, audit, findings);
    if (subject.appended !== undefined) checkAppended(subject, subject.appended, audit, findings);
  },
};

function checkDefined({ name, type, version, node }: DefinedEvent, { target }: Audit, findings: Findings): void {
  if (type === undefined || !typePattern.test(type)) return findings.violates('malformed-type', node, `${name} has the type ${type ?? 'of no literal'}`);
  if (version === undefined || !Number.isInteger(version) || version < 1) return findings.violates('malformed-version', node, `${name} has the version ${version ?? 'of no literal'}`);
  const registered = find(target.events, type, version);
  if (registered === undefined) return findings.violates('not-registered', node, `${eventName(type, version)} is in no list of events`);
  for (let earlier = 1; earlier < version; earlier++) {
    if (find(target.events, type, earlier) === undefined) findings.violates('malformed-version', node, `${eventName(type, version)} has no version ${earlier} before it`);
  }
  if (!isClosedRecord(registered.schema)) return findings.violates('no-schema', node, `${eventName(type, version)} has no schema that names every member`);
  findings.proves('declaration', `${eventName(type, version)} is registered, with ${Object.keys(registered.schema['properties'] as object).length} members and no other`);
  if (target.shipped !== undefined) checkLock(registered, node, target.shipped, findings);
}

/** Kafka still holds what was shipped, and consumers of the last release read it. */
function checkLock(event: EventDefinition, node: ts.Node, shipped: ReadonlyMap<string, JsonSchema>, findings: Findings): void {
  const name = eventName(event.type, event.version);
  const document = shipped.get(name);
  if (document === undefined) return findings.violates('not-locked', node, `${name} has no schema document`);
  const faults = shippedFaults(new Map([[name, document]]), [event]);
  for (const fault of faults) findings.violates('changed-after-shipping', node, fault);
  if (faults.length === 0) findings.proves('table', `${name} is as its schema document was shipped`);
}

/** An object whose members are all described, and that has no others. */
function isClosedRecord({ type, properties, additionalProperties }: EventDefinition['schema']): boolean {
  return type === 'object' && typeof properties === 'object' && properties !== null && additionalProperties === false;
}

function checkAppended({ name, at }: EventSubject, { call, definition }: NonNullable<EventSubject['appended']>, { workspace, target }: Audit, findings: Findings): void {
  if (definition === undefined) return findings.proves('type', 'audit.recorded.v1, whose payload AuditTrail.record makes');
  const definitions = definitionsOf(workspace, definition);
  for (const { type, version } of definitions) {
    const known = target.events.filter((event) => event.type === type && (version === undefined || event.version === version));
    if (known.length === 0) findings.violates('appends-unregistered', call, `${name}: ${type ?? 'an event'} is not registered`);
    else findings.proves('type', `${known.map((event) => eventName(event.type, event.version)).join(', ')} by EventDefinition, payload typed by it`);
  }
  if (definitions.length === 0) findings.violates('appends-unregistered', call, `${name}: the definition cannot be read from its type`);
  const payload = payloadOf(call);
  if (payload !== undefined && (workspace.checker.getTypeAtLocation(payload).flags & (ts.TypeFlags.Any | ts.TypeFlags.Never)) !== 0) {
    findings.violates('untyped-payload', payload, `${name} at ${at.file}: the payload passes by the definition's type`);
  }
}

/** Versions that were shipped and are gone; told of the module that defines events. */
function checkShipped({ files, at }: SourceSubject, { target, subjects }: Audit, findings: Findings): void {
  const definesEvents = subjects.some((subject) => subject.kind === 'event' && subject.defined !== undefined && files.includes(subject.at.file));
  if (!definesEvents || target.shipped === undefined) return;
  const gone = [...target.shipped.keys()].filter((name) => !target.events.some(({ type, version }) => eventName(type, version) === name));
  for (const name of gone) findings.violates('changed-after-shipping', at, `${name} was shipped and is not registered any more`);
  if (gone.length === 0) findings.proves('table', `${target.shipped.size} shipped versions, all registered`);
}

function payloadOf(call: ts.CallExpression): ts.Expression | undefined {
  const event = call.arguments[2];
  const property = event !== undefined && ts.isObjectLiteralExpression(event) ? event.properties.find((each) => each.name?.getText() === 'payload') : undefined;
  return property !== undefined && ts.isPropertyAssignment(property) ? property.initializer : undefined;
}

function checkHandler({ node, at, name }: HandlerSubject, { target }: Audit, findings: Findings): void {
  const handled = new Set(node.events);
  for (const event of node.events) {
    const [, type = '', version = ''] = /^(.+)\.v(\d+)$/.exec(event) ?? [];
    if (find(target.events, type, Number(version)) === undefined) {
      findings.violates('handles-unregistered', at, `${name}: ${event} is not registered`);
      continue;
    }
    const versions = target.events.filter((each) => each.type === type);
    for (const each of versions) {
      if (!reachesHandled(each, versions, handled)) findings.violates('version-unhandled', at, `${name}: ${eventName(each.type, each.version)} is registered, not handled, and upcast to none that is`);
    }
    findings.proves('declaration', `each of the ${versions.length} registered versions of ${type} is handled, or upcast to one that is`);
  }
}

/** Whether the version is handled, or upcasters lead from it to one that is, step by step. */
function reachesHandled(event: EventDefinition, versions: readonly EventDefinition[], handled: ReadonlySet<string>): boolean {
  for (let at: EventDefinition | undefined = event; at !== undefined; ) {
    if (handled.has(eventName(at.type, at.version))) return true;
    const next = versions.find(({ version }) => version === (at?.version ?? 0) + 1);
    at = next?.upcaster === undefined ? undefined : next;
  }
  return false;
}

function find(events: readonly EventDefinition[], type: string, version: number): EventDefinition | undefined {
  return events.find((event) => event.type === type && event.version === version);
}
