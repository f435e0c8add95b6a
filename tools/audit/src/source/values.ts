import type ts from 'typescript';
import type { FunctionWithBody } from './workspace.ts';

/**
 * Whose a transaction is:
 * - `request`: the request's own, by its context, which carries the idempotency claim and is committed with the answer;
 * - `claimed`: one of `ExternalCalls.end`, which carries the request's claim past a call to the outside;
 * - `inbox`: the one in which the inbox notes the event that is handled;
 * - `own`, `system`: begun for another scope, or by the `_system` role;
 * - `given`: a parameter of type `Tx`, whose giver is not on the path;
 * - `kept`: taken out of the `run` that made it, so it may have ended;
 * - `forged`: no transaction at all, made one by a cast.
 */
export type TransactionOrigin = 'request' | 'claimed' | 'inbox' | 'own' | 'system' | 'given' | 'kept' | 'forged';

export interface Transaction {
  readonly origin: TransactionOrigin;
  /** The same for two uses of one transaction. */
  readonly id: string;
}

/** What is known of an expression's value; of most, nothing has to be. */
export type Value =
  | { readonly kind: 'context' | 'reader' | 'other' }
  | { readonly kind: 'transaction'; readonly transaction: Transaction }
  | { readonly kind: 'closure'; readonly node: FunctionWithBody; readonly environment: Environment };

export const other: Value = { kind: 'other' };

export function transaction(origin: TransactionOrigin, id: string = origin): Value {
  return { kind: 'transaction', transaction: { origin, id } };
}

/** The values of parameters, of one call of a function and of those around it. */
export class Environment {
  private readonly values = new Map<ts.Symbol, Value>();

  constructor(private readonly outer?: Environment) {}

  bind(symbol: ts.Symbol, value: Value): void {
    this.values.set(symbol, value);
  }

  find(symbol: ts.Symbol): Value | undefined {
    return this.values.get(symbol) ?? this.outer?.find(symbol);
  }
}

/** The same text for values that a function cannot tell apart. */
export function keyOf(value: Value): string {
  if (value.kind === 'transaction') return value.transaction.id;
  return value.kind === 'closure' ? `${value.node.getSourceFile().fileName}:${value.node.pos}` : value.kind;
}
