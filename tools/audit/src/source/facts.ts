import type ts from 'typescript';
import type { Transaction } from './values.ts';

/** The way to a place: the functions from the entry on, by name. */
export type CallPath = readonly string[];

interface At {
  readonly node: ts.Node;
  readonly path: CallPath;
}

/** Something that matters to a rule and happens on the way of an entry. */
export type Fact =
  | (At & { readonly kind: 'transaction'; readonly transaction: Transaction | undefined })
  /** SQL, or the ORM's; `transaction` is undefined where it is read-only, or has none at all. */
  | (At & { readonly kind: 'query'; readonly writes: boolean; readonly transaction: Transaction | undefined; readonly reader: boolean; readonly deferred: boolean; readonly holder: ts.Node })
  | (At & { readonly kind: 'append' | 'record'; readonly transaction: Transaction | undefined; readonly deferred: boolean; readonly call: ts.CallExpression })
  /** The request's claim is committed, before a call to the outside. */
  | (At & { readonly kind: 'claim' })
  | (At & { readonly kind: 'log'; readonly call: ts.CallExpression })
  /** Through libs/resilience. */
  | (At & { readonly kind: 'outside'; readonly through: string })
  | (At & { readonly kind: 'publish' })
  /** The condition of the caller's grant is held against the resource. */
  | (At & { readonly kind: 'settle' })
  | (At & { readonly kind: 'throw'; readonly thrown: ts.Expression })
  /** A `catch` around work that can fail for any reason, and whether the work reaches a database or another system. */
  | (At & { readonly kind: 'catch'; readonly clause: ts.CatchClause; readonly reaches: boolean });

export type FactKind = Fact['kind'];
/** Facts of a kind, or of one of several. */
export type FactOf<K extends FactKind> = Fact extends infer F ? (F extends Fact ? (Extract<F['kind'], K> extends never ? never : F) : never) : never;

/** All that an entry reaches. */
export interface Trace {
  readonly facts: readonly Fact[];
  /** Every function of ours on the way, once. */
  readonly functions: readonly ts.Node[];
  /** The files that they stand in, from the workspace's root. */
  readonly files: readonly string[];
}

export function factsOf<K extends FactKind>(trace: Trace, ...kinds: readonly K[]): readonly FactOf<K>[] {
  const wanted: readonly FactKind[] = kinds;
  return trace.facts.filter((fact) => wanted.includes(fact.kind)) as readonly Fact[] as readonly FactOf<K>[];
}

export function pathText(path: CallPath): string {
  return path.join(' -> ');
}
