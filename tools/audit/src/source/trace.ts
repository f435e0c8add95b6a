import ts from 'typescript';
import { methodOf } from './classes.ts';
import { Evaluator, isOrm } from './evaluator.ts';
import type { CallPath, Fact, Trace } from './facts.ts';
import type { House, Intrinsic } from './house.ts';
import type { Implementors } from './implementors.ts';
import { mayWrite, ormWrites } from './sql.ts';
import { keyOf, other, transaction, type Environment, type Transaction, type TransactionOrigin, type Value } from './values.ts';
import { hasBody, nameOfFunction, type FunctionWithBody, type Workspace } from './workspace.ts';

/** Functions of Node and JavaScript that run their callback after the caller has gone on. */
const later: ReadonlySet<string> = new Set(['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'nextTick']);

/** Where in the walk we are. */
interface Frame {
  readonly environment: Environment;
  readonly path: CallPath;
  /** Within a callback that runs when the transaction may have ended. */
  readonly deferred: boolean;
  readonly holder: FunctionWithBody;
}

/**
 * Walks from an entry (a route's method, a handler, a worker's hook) through every function of ours that it can
 * reach, with what is known of the arguments on each way, and notes what the rules ask about.
 *
 * It over-approximates: every branch is taken, every callback is called, an interface stands for each of its
 * implementations. So what it does not find cannot happen on a static path, and what it finds may not.
 */
export class Tracer {
  private readonly facts: Fact[] = [];
  private readonly functions = new Set<ts.Node>();
  /** What the walk of a function reached, by function and arguments: whether it runs a query or leaves the process. */
  private readonly walked = new Map<string, boolean>();
  private readonly active: ts.Node[] = [];
  private readonly invoked = new Set<ts.Node>();
  private reaches = false;
  private readonly evaluator: Evaluator;

  constructor(
    private readonly workspace: Workspace,
    private readonly house: House,
    private readonly implementors: Implementors,
  ) {
    this.evaluator = new Evaluator(workspace, house);
  }

  /** @param values of the entry's parameters, where their types do not say enough */
  static trace(workspace: Workspace, house: House, implementors: Implementors, entry: FunctionWithBody, values: readonly Value[] = []): Trace {
    const tracer = new Tracer(workspace, house, implementors);
    tracer.enter(entry, values, undefined, [], false);
    const files = [...new Set([...tracer.functions].map((node) => workspace.fileOf(node)))];
    return { facts: tracer.facts, functions: [...tracer.functions], files };
  }

  private enter(node: FunctionWithBody, values: readonly Value[], outer: Environment | undefined, path: CallPath, deferred: boolean): void {
    const key = [node.getSourceFile().fileName, node.pos, deferred, ...values.map(keyOf)].join('|');
    const known = this.walked.get(key);
    if (known !== undefined || this.active.filter((each) => each === node).length > 1) {
      this.reaches ||= known === true;
      return;
    }
    const before = this.reaches;
    this.reaches = false;
    this.walked.set(key, false);
    this.active.push(node);
    this.functions.add(node);
    const name = nameOfFunction(node);
    const frame: Frame = { environment: this.evaluator.bound(node, values, outer), path: name === undefined ? path : [...path, name], deferred, holder: node };
    for (const { initializer } of node.parameters) if (initializer !== undefined) this.visit(initializer, frame);
    this.visit(node.body, frame);
    this.active.pop();
    this.walked.set(key, this.reaches);
    this.reaches ||= before;
  }

  private visit(node: ts.Node, frame: Frame): void {
    if (ts.isTypeNode(node) || ts.isDecorator(node)) return;
    if (hasBody(node)) return this.runInline(node, frame);
    if (ts.isCallExpression(node)) return this.call(node, frame);
    if (ts.isNewExpression(node)) return this.construct(node, frame);
    if (ts.isTryStatement(node)) return this.attempt(node, frame);
    if (ts.isThrowStatement(node)) this.facts.push({ kind: 'throw', node, path: frame.path, thrown: node.expression });
    if (ts.isPropertyAccessExpression(node)) this.read(node, frame);
    if (ts.isIdentifier(node)) return this.mention(node, frame);
    node.forEachChild((child) => this.visit(child, frame));
  }

  /** A function that stands here is taken to be called here, by whom we do not know. */
  private runInline(node: FunctionWithBody, frame: Frame): void {
    // One that has a name runs where it is called or handed on.
    if (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || ts.isVariableDeclaration(node.parent)) return;
    if (!this.invoked.has(node)) this.enter(node, [], frame.environment, frame.path, frame.deferred);
  }

  /** A function of ours that is handed on by its name is taken to be called, as one that stands here. */
  private mention(node: ts.Identifier, frame: Frame): void {
    const { parent } = node;
    if (ts.isCallExpression(parent) && parent.expression === node) return;
    if (ts.isPropertyAccessExpression(parent) || ts.isVariableDeclaration(parent) || ts.isBindingElement(parent)) return;
    const value = this.evaluator.valueOf(node, frame.environment);
    if (value.kind !== 'closure' || this.invoked.has(value.node) || this.house.isClosed(value.node) || !this.workspace.isOurs(value.node)) return;
    this.enter(value.node, [], value.environment, frame.path, frame.deferred);
  }

  private call(node: ts.CallExpression, frame: Frame): void {
    this.visit(node.expression, frame);
    const declarations = this.evaluator.declarationsOf(node);
    const intrinsic = declarations.map((each) => this.house.intrinsicOf(each)).find((each) => each !== undefined);
    if (intrinsic !== undefined) return this.intrinsic(intrinsic, node, frame);
    const [declaration] = declarations;
    if (declaration !== undefined && isOrm(declaration)) this.noteQuery(node, ormWrites.has(nameOf(node)), frame);
    if (declaration !== undefined && this.house.isProducing(declaration)) this.facts.push({ kind: 'publish', node, path: [...frame.path, node.expression.getText()] });
    if (declaration !== undefined && this.house.isOutsideCall(declaration)) {
      this.reaches = true;
      this.facts.push({ kind: 'outside', node, path: [...frame.path, nameOfFunction(declaration) ?? ''], through: nameOfFunction(declaration) ?? '' });
    }
    const values = node.arguments.map((argument) => this.evaluator.valueOf(argument, frame.environment));
    const closure = this.evaluator.valueOf(node.expression, frame.environment);
    const targets = closure.kind === 'closure' ? [closure] : this.targetsOf(declarations);
    if (targets.length === 0) {
      const deferred = frame.deferred || later.has(nameOf(node));
      return this.passTo(node, values, { ...frame, deferred });
    }
    for (const target of targets) {
      if (this.house.isClosed(target.node) || !this.workspace.isOurs(target.node)) continue;
      if (closure.kind === 'closure') this.invoked.add(target.node);
      this.enter(target.node, values, closure.kind === 'closure' ? closure.environment : undefined, frame.path, frame.deferred);
    }
    // A callback that the function keeps for later is called by somebody.
    for (const argument of node.arguments) this.visit(argument, frame);
  }

  private targetsOf(declarations: readonly ts.SignatureDeclaration[]): readonly { readonly node: FunctionWithBody }[] {
    return declarations.flatMap((declaration) => (hasBody(declaration) ? [declaration] : this.implementors.of(declaration))).map((node) => ({ node }));
  }

  /** To a function of a dependency: what it is given, it calls. */
  private passTo(node: ts.CallExpression | ts.NewExpression, values: readonly Value[], frame: Frame): void {
    for (const [index, argument] of (node.arguments ?? []).entries()) {
      const value = values[index];
      if (value?.kind !== 'closure') this.visit(argument, frame);
      else if (!this.house.isClosed(value.node) && this.workspace.isOurs(value.node)) this.enter(value.node, [], value.environment, frame.path, frame.deferred);
    }
  }

  private construct(node: ts.NewExpression, frame: Frame): void {
    const [declaration] = this.evaluator.declarationsOf(node);
    const values = (node.arguments ?? []).map((argument) => this.evaluator.valueOf(argument, frame.environment));
    if (!hasBody(declaration) || !this.workspace.isOurs(declaration) || this.house.isClosed(declaration)) return this.passTo(node, values, frame);
    this.enter(declaration, values, undefined, frame.path, frame.deferred);
    for (const argument of node.arguments ?? []) this.visit(argument, frame);
  }

  /** A property that is computed runs a function. */
  private read(node: ts.PropertyAccessExpression, frame: Frame): void {
    const declaration = this.workspace.symbolAt(node.name)?.declarations?.find(ts.isGetAccessorDeclaration);
    if (hasBody(declaration) && this.workspace.isOurs(declaration) && !this.house.isClosed(declaration)) this.enter(declaration, [], undefined, frame.path, frame.deferred);
  }

  private attempt(node: ts.TryStatement, frame: Frame): void {
    const before = this.reaches;
    this.reaches = false;
    this.visit(node.tryBlock, frame);
    if (node.catchClause !== undefined) {
      this.facts.push({ kind: 'catch', node: node.catchClause, path: frame.path, clause: node.catchClause, reaches: this.reaches });
      this.visit(node.catchClause.block, frame);
    }
    if (node.finallyBlock !== undefined) this.visit(node.finallyBlock, frame);
    this.reaches ||= before;
  }

  private intrinsic(intrinsic: Intrinsic, node: ts.CallExpression, frame: Frame): void {
    const [first, second] = node.arguments;
    switch (intrinsic) {
      case 'run':
        return this.transact(node, this.originOf(first, frame), second, frame);
      case 'runSystem':
        return this.transact(node, 'system', second, frame);
      case 'read':
      case 'readSystem':
        this.reaches = true;
        this.facts.push({ kind: 'transaction', node, path: [...frame.path, `Transactor.${intrinsic}`], transaction: undefined });
        return this.give(second, [{ kind: 'reader' }], { ...frame, path: [...frame.path, `Transactor.${intrinsic}`] });
      case 'savepoint':
        return this.give(first, [], frame);
      case 'afterCommit':
        return this.give(first, [], { ...frame, path: [...frame.path, 'UnitOfWork.afterCommit'], deferred: true });
      case 'query':
        this.noteQuery(node, mayWrite(this.workspace, first), frame);
        break;
      case 'append':
      case 'record':
        this.facts.push({ kind: intrinsic, node, path: [...frame.path, intrinsic === 'append' ? 'Outbox.append' : 'AuditTrail.record'], ...this.transactionOf(first, frame), deferred: frame.deferred, call: node });
        break;
      case 'beginCall':
        this.reaches = true;
        this.facts.push({ kind: 'claim', node, path: [...frame.path, 'ExternalCalls.begin'] });
        break;
      case 'endCall':
        return this.transact(node, 'claimed', node.arguments[2], frame);
      case 'log':
        this.facts.push({ kind: 'log', node, path: frame.path, call: node });
        break;
      case 'settle':
        this.facts.push({ kind: 'settle', node, path: [...frame.path, 'GrantedAccess'] });
        break;
      case 'startWorker':
        return this.startWorker(node, frame);
      case 'publish':
        this.facts.push({ kind: 'publish', node, path: [...frame.path, 'EventProducer.publish'] });
        break;
    }
    for (const argument of node.arguments) this.visit(argument, frame);
  }

  private transact(node: ts.CallExpression, origin: TransactionOrigin, work: ts.Expression | undefined, frame: Frame): void {
    const { file, line } = this.workspace.placeOf(node);
    // Later runs of a request join the first one.
    const value = transaction(origin, origin === 'request' ? origin : `${origin} ${file}:${line}`);
    const path = [...frame.path, origin === 'system' ? 'Transactor.runSystem' : origin === 'claimed' ? 'ExternalCalls.end' : 'Transactor.run'];
    this.reaches = true;
    this.facts.push({ kind: 'transaction', node, path, transaction: value.kind === 'transaction' ? value.transaction : undefined });
    this.give(work, [value], { ...frame, path });
  }

  /** The base of workers is one for all: of this one, its own run. */
  private startWorker({ expression }: ts.CallExpression, frame: Frame): void {
    const type = ts.isPropertyAccessExpression(expression) ? this.workspace.checker.getTypeAtLocation(expression.expression) : undefined;
    const declaration = type?.symbol?.valueDeclaration;
    const run = declaration !== undefined && ts.isClassLike(declaration) ? methodOf(this.workspace, declaration, 'runOnce') : undefined;
    if (run !== undefined && !this.house.isClosed(run)) this.enter(run, [], undefined, frame.path, frame.deferred);
  }

  private originOf(scope: ts.Expression | undefined, frame: Frame): TransactionOrigin {
    const { kind } = scope === undefined ? other : this.evaluator.valueOf(scope, frame.environment);
    return kind === 'context' ? 'request' : 'own';
  }

  /** Calls the work that a transaction is given to. */
  private give(work: ts.Expression | undefined, values: readonly Value[], frame: Frame): void {
    const value = work === undefined ? other : this.evaluator.valueOf(work, frame.environment);
    if (value.kind !== 'closure') return;
    this.invoked.add(value.node);
    this.enter(value.node, values, value.environment, frame.path, frame.deferred);
  }

  private noteQuery(node: ts.CallExpression, writes: boolean, frame: Frame): void {
    this.reaches = true;
    const receiver = ts.isPropertyAccessExpression(node.expression) ? node.expression.expression : undefined;
    const value = receiver === undefined ? other : this.evaluator.valueOf(receiver, frame.environment);
    this.facts.push({ kind: 'query', node, path: frame.path, writes: writes && value.kind !== 'reader', ...this.transactionOf(receiver, frame), reader: value.kind === 'reader', deferred: frame.deferred, holder: frame.holder });
  }

  private transactionOf(expression: ts.Expression | undefined, frame: Frame): { transaction: Transaction | undefined } {
    const value = expression === undefined ? other : this.evaluator.valueOf(expression, frame.environment);
    return { transaction: value.kind === 'transaction' ? value.transaction : undefined };
  }
}

function nameOf({ expression }: ts.CallExpression): string {
  return ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText();
}
