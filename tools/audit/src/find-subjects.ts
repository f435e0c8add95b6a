import ts from 'typescript';
import type { Audit } from './audit.ts';
import { methodOf } from './source/classes.ts';
import { definedEvents } from './source/events.ts';
import { factsOf, type Trace } from './source/facts.ts';
import { outsideUsesIn } from './source/outside-uses.ts';
import { transaction } from './source/values.ts';
import { hasBody, nameOfFunction, type FunctionWithBody } from './source/workspace.ts';
import { isEntry, type ApplicationSubject, type CallSubject, type EventSubject, type HandlerSubject, type RouteSubject, type SourceSubject, type Subject, type WorkerSubject } from './subjects.ts';
import { moduleOf, type TargetApp } from './target.ts';

/** Everything that is audited, with what each entry reaches. */
export async function findSubjects(audit: Audit): Promise<readonly Subject[]> {
  const perApp = await Promise.all(audit.target.apps.map((app) => ofApp(audit, app)));
  const entries = perApp.flat();
  return [...entries, ...eventsOf(audit, entries), ...callsOf(audit), ...sourcesOf(audit)];
}

async function ofApp(audit: Audit, target: TargetApp): Promise<readonly (ApplicationSubject | RouteSubject | HandlerSubject | WorkerSubject)[]> {
  const { graph } = target;
  const root = await audit.classes.declarationOf(graph.root);
  const application: ApplicationSubject = { kind: 'application', ...placed(audit, root, target.name), app: target.name, module: target.name, target };
  const routes = graph.routes.map(async (node): Promise<RouteSubject> => {
    const entry = await entryOf(audit, node.controller, node.methodName);
    return { kind: 'route', ...placed(audit, entry, `${node.method} ${node.path}`), app: target.name, target, node, entry, trace: audit.trace(entry) };
  });
  const handlers = graph.handlers.map(async (node): Promise<HandlerSubject> => {
    const entry = await entryOf(audit, node.controller, node.methodName);
    // The transport gives the event and the inbox's transaction.
    const trace = audit.trace(entry, [{ kind: 'other' }, transaction('inbox')]);
    return { kind: 'handler', ...placed(audit, entry, `${node.events.join(', ')} -> ${node.controller.name}`), app: target.name, target, node, entry, trace };
  });
  const workers = graph.workers.map(async (node): Promise<WorkerSubject[]> => {
    const declaration = await audit.classes.find(node.provider);
    // Nest brings providers of its own.
    if (declaration === undefined) return [];
    const hooks = node.hooks.map((hook) => methodOf(audit.workspace, declaration, hook)).filter((hook) => hook !== undefined);
    return [{ kind: 'worker', ...placed(audit, declaration, node.provider.name), app: target.name, target, node, trace: merged(hooks.map((hook) => audit.trace(hook))) }];
  });
  const own = (await Promise.all(workers)).flat().filter(({ at }) => audit.target.audited.includes(at.file));
  return [application, ...(await Promise.all(routes)), ...(await Promise.all(handlers)), ...own];
}

async function entryOf(audit: Audit, controller: Parameters<Audit['classes']['declarationOf']>[0], method: string): Promise<FunctionWithBody> {
  const declaration = await audit.classes.declarationOf(controller);
  const entry = methodOf(audit.workspace, declaration, method);
  if (entry === undefined) throw new Error(`${controller.name}.${method} has no body in the sources`);
  return entry;
}

function placed(audit: Audit, node: ts.Node, name: string) {
  // A decorated method begins at its decorators; what people look for is its name.
  const named = (node as { readonly name?: ts.Node }).name ?? node;
  const at = audit.workspace.placeOf(named);
  return { name, at, ...moduleOf(audit.target.apps, at.file) };
}

function merged(traces: readonly Trace[]): Trace {
  return { facts: traces.flatMap(({ facts }) => facts), functions: [...new Set(traces.flatMap(({ functions }) => functions))], files: [...new Set(traces.flatMap(({ files }) => files))] };
}

function eventsOf(audit: Audit, entries: readonly Subject[]): readonly EventSubject[] {
  const { workspace, target, house } = audit;
  const defined = definedEvents(workspace, target.audited).map((event): EventSubject => {
    return { kind: 'event', ...placed(audit, event.node, `${event.type ?? event.name} v${event.version ?? '?'}`), defined: event, appended: undefined };
  });
  const traces = entries.filter(isEntry).map(({ trace }) => trace);
  const appended = target.audited.flatMap((file) =>
    workspace.nodesOf(file).filter(ts.isCallExpression).flatMap((call): EventSubject[] => {
      const intrinsic = house.intrinsicOf(workspace.called(call));
      if (intrinsic !== 'append' && intrinsic !== 'record') return [];
      const { reached, through } = reachedOf(audit, call, traces);
      const definition = intrinsic === 'append' ? call.arguments[1] : undefined;
      const name = `${definition?.getText() ?? 'audit record'} in ${ownerOf(call)}`;
      return [{ kind: 'event', ...placed(audit, call, name), defined: undefined, appended: { call, definition, reached, traces: through } }];
    }),
  );
  return [...defined, ...appended];
}

/** How a call is reached; a call that no entry leads to (a command's) by the function around it. */
function reachedOf(audit: Audit, call: ts.CallExpression, traces: readonly Trace[]) {
  const at = (trace: Trace) => factsOf(trace, 'append', 'record').filter((fact) => fact.call === call);
  const through = traces.filter((trace) => at(trace).length > 0);
  if (through.length > 0) return { reached: through.flatMap(at), through };
  const around = outermostFunction(call);
  const own = around === undefined ? [] : [audit.trace(around)];
  return { reached: own.flatMap(at), through: own };
}

function outermostFunction(node: ts.Node): FunctionWithBody | undefined {
  let found: FunctionWithBody | undefined;
  for (let at: ts.Node | undefined = node; at !== undefined; at = at.parent as ts.Node | undefined) if (hasBody(at)) found = at;
  return found;
}

function ownerOf(node: ts.Node): string {
  const around = outermostFunction(node);
  return (around === undefined ? undefined : nameOfFunction(around)) ?? 'a module';
}

function callsOf(audit: Audit): readonly CallSubject[] {
  return audit.target.audited.flatMap((file) =>
    outsideUsesIn(audit.workspace, audit.house, file).map((use): CallSubject => ({ kind: 'call', ...placed(audit, use.node, use.what), name: `${use.what} in ${file.split('/').at(-1)}`, use })),
  );
}

function sourcesOf(audit: Audit): readonly SourceSubject[] {
  const byModule = Map.groupBy(audit.target.audited, (file) => moduleOf(audit.target.apps, file).module);
  return [...byModule].map(([module, files]): SourceSubject => {
    const [first = ''] = files;
    return { kind: 'source', app: moduleOf(audit.target.apps, first).app, module, name: `sources of ${module}`, at: { file: first, line: 1 }, files };
  });
}
