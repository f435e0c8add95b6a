import ts from 'typescript';
import type { House } from './house.ts';
import { Environment, other, transaction, type Value } from './values.ts';
import { bare, hasBody, type FunctionWithBody, type Workspace } from './workspace.ts';

/** So many steps from a name to what it stands for; beyond, nothing is known. */
const maxDepth = 12;

/** Finds out what an expression's value is, as far as the rules ask: a request's context, a transaction, a function. */
export class Evaluator {
  constructor(
    private readonly workspace: Workspace,
    private readonly house: House,
  ) {}

  valueOf(expression: ts.Expression, environment: Environment, depth = 0): Value {
    if (depth > maxDepth) return other;
    const node = bare(expression);
    if (hasBody(node)) return { kind: 'closure', node, environment };
    if (ts.isIdentifier(node)) return this.ofName(node, environment, depth);
    if (ts.isPropertyAccessExpression(node)) return this.ofProperty(node);
    if (ts.isConditionalExpression(node)) return this.ofEither(node.whenTrue, node.whenFalse, environment, depth);
    if (ts.isCallExpression(node)) return this.ofCall(node, environment, depth);
    // What is left has the type that it is said to have, and is what it says only where nothing was cast.
    return node === expression || !this.house.isTx(this.typeOf(expression)) ? this.byType(node) : transaction('forged');
  }

  /** Binds a function's parameters to what it is called with; for others their types speak. */
  bound(node: FunctionWithBody, values: readonly Value[], outer?: Environment): Environment {
    const environment = new Environment(outer);
    for (const [index, { name }] of node.parameters.entries()) {
      const symbol = ts.isIdentifier(name) ? this.workspace.checker.getSymbolAtLocation(name) : undefined;
      const value = values[index];
      if (symbol !== undefined && value !== undefined && value.kind !== 'other') environment.bind(symbol, value);
    }
    return environment;
  }

  /** The functions that a call may run: a declared one, those that implement it, or none that is ours. */
  declarationsOf(call: ts.CallExpression | ts.NewExpression): readonly ts.SignatureDeclaration[] {
    const { checker } = this.workspace;
    const declaration = checker.getResolvedSignature(call)?.declaration;
    const type = checker.getTypeAtLocation(call.expression);
    // Of a union, as `tenant[act]()`, the resolved signature is one of several.
    if (type.isUnion()) return type.types.flatMap((each) => each.getCallSignatures().flatMap((signature) => signature.declaration ?? []) as ts.SignatureDeclaration[]);
    return declaration === undefined || ts.isJSDocSignature(declaration) ? [] : [declaration];
  }

  private ofName(node: ts.Identifier, environment: Environment, depth: number): Value {
    const local = this.workspace.checker.getSymbolAtLocation(node);
    const known = local === undefined ? undefined : environment.find(local);
    if (known !== undefined) return known;
    const declaration = local === undefined ? undefined : this.workspace.resolved(local).valueDeclaration;
    if (hasBody(declaration)) return { kind: 'closure', node: declaration, environment: new Environment() };
    if (declaration === undefined || !ts.isVariableDeclaration(declaration)) return this.byType(node);
    const constant = declaration.initializer !== undefined && (ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const) !== 0;
    const value = constant && declaration.initializer !== undefined ? this.valueOf(declaration.initializer, environment, depth + 1) : other;
    // A variable that holds a transaction of which nobody knows where it is from was taken out of its `run`.
    return value.kind === 'other' && this.house.isTx(this.typeOf(node)) ? transaction('kept') : value.kind === 'other' ? this.byType(node) : value;
  }

  private ofProperty(node: ts.PropertyAccessExpression): Value {
    const declaration = this.workspace.symbolAt(node.name)?.valueDeclaration;
    if (hasBody(declaration) && ts.isMethodDeclaration(declaration)) return { kind: 'closure', node: declaration, environment: new Environment() };
    if (this.house.isTx(this.typeOf(node))) return transaction('kept');
    return this.byType(node);
  }

  private ofEither(one: ts.Expression, another: ts.Expression, environment: Environment, depth: number): Value {
    const [first, second] = [this.valueOf(one, environment, depth + 1), this.valueOf(another, environment, depth + 1)];
    if (first.kind === second.kind) return first;
    return other;
  }

  private ofCall(node: ts.CallExpression, environment: Environment, depth: number): Value {
    const [declaration] = this.declarationsOf(node);
    const receiver = ts.isPropertyAccessExpression(node.expression) ? node.expression.expression : undefined;
    // `tx.getRepository(Tenant)` speaks for the same transaction as `tx`.
    if (receiver !== undefined && declaration !== undefined && isOrm(declaration)) return this.valueOf(receiver, environment, depth + 1);
    if (this.house.isTx(this.typeOf(node))) return transaction('kept');
    if (!hasBody(declaration) || !this.workspace.isOurs(declaration)) return this.byType(node);
    const values = node.arguments.map((argument) => this.valueOf(argument, environment, depth + 1));
    const inner = this.bound(declaration, values);
    const returned = returnsOf(declaration).map((each) => this.valueOf(each, inner, depth + 1));
    return returned.length === 1 ? (returned[0] ?? other) : other;
  }

  private byType(node: ts.Expression): Value {
    const type = this.typeOf(node);
    if (this.house.isContext(type)) return { kind: 'context' };
    if (this.house.isTx(type)) return transaction('given');
    return this.house.isConn(type) ? { kind: 'reader' } : other;
  }

  private typeOf(node: ts.Expression): ts.Type {
    return this.workspace.checker.getTypeAtLocation(node);
  }
}

export function isOrm(declaration: ts.Node): boolean {
  return declaration.getSourceFile().fileName.includes('/node_modules/typeorm/');
}

/** The expressions that a function answers with, without those of functions inside it. */
export function returnsOf({ body }: FunctionWithBody): readonly ts.Expression[] {
  if (!ts.isBlock(body)) return [body];
  const found: ts.Expression[] = [];
  const walk = (node: ts.Node): void => {
    if (ts.isReturnStatement(node) && node.expression !== undefined) found.push(node.expression);
    if (!ts.isFunctionLike(node)) node.forEachChild(walk);
  };
  body.forEachChild(walk);
  return found;
}
