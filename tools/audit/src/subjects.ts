import type ts from 'typescript';
import type { HandlerNode, RouteNode, WorkerNode } from './graph/app-graph.ts';
import type { Place, SubjectKind } from './model.ts';
import type { DefinedEvent } from './source/events.ts';
import type { FactOf, Trace } from './source/facts.ts';
import type { OutsideUse } from './source/outside-uses.ts';
import type { FunctionWithBody } from './source/workspace.ts';
import type { TargetApp } from './target.ts';

interface Base {
  readonly kind: SubjectKind;
  /** The app or library. */
  readonly app: string;
  readonly module: string;
  readonly name: string;
  readonly at: Place;
}

/** An application: its module graph, and how it is put together. */
export interface ApplicationSubject extends Base {
  readonly kind: 'application';
  readonly target: TargetApp;
}

export interface RouteSubject extends Base {
  readonly kind: 'route';
  readonly target: TargetApp;
  readonly node: RouteNode;
  readonly entry: FunctionWithBody;
  readonly trace: Trace;
}

export interface HandlerSubject extends Base {
  readonly kind: 'handler';
  readonly target: TargetApp;
  readonly node: HandlerNode;
  readonly entry: FunctionWithBody;
  readonly trace: Trace;
}

/** A provider that works from the application's start on: what its life cycle hooks reach. */
export interface WorkerSubject extends Base {
  readonly kind: 'worker';
  readonly target: TargetApp;
  readonly node: WorkerNode;
  readonly trace: Trace;
}

/** A registered event's definition, or a place where an event is appended. */
export interface EventSubject extends Base {
  readonly kind: 'event';
  readonly defined: DefinedEvent | undefined;
  readonly appended: AppendedEvent | undefined;
}

export interface AppendedEvent {
  readonly call: ts.CallExpression;
  /** The definition's expression; undefined for an audit record, whose event is always the same. */
  readonly definition: ts.Expression | undefined;
  /** How the call is reached, of every entry that reaches it; by its own function alone where none does. */
  readonly reached: readonly FactOf<'append' | 'record'>[];
  /** The traces of those entries. */
  readonly traces: readonly Trace[];
}

/** A call that leaves the process, or an import that could. */
export interface CallSubject extends Base {
  readonly kind: 'call';
  readonly use: OutsideUse;
}

/** The sources of a module, as they stand. */
export interface SourceSubject extends Base {
  readonly kind: 'source';
  readonly files: readonly string[];
}

export type Subject = ApplicationSubject | RouteSubject | HandlerSubject | WorkerSubject | EventSubject | CallSubject | SourceSubject;

/** Whether the subject is one that an entry leads through. */
export function isEntry(subject: Subject): subject is RouteSubject | HandlerSubject | WorkerSubject {
  return subject.kind === 'route' || subject.kind === 'handler' || subject.kind === 'worker';
}

const mutating: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE', 'ALL', 'OTHER']);

/** Whether a route takes methods that change something. */
export function mutates({ node }: RouteSubject): boolean {
  return mutating.has(node.method);
}
