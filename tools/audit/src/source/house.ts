import ts from 'typescript';
import type { Workspace } from './workspace.ts';

/** What the audit knows of the libraries by name: the few functions through which the rules are kept. */
export type Intrinsic =
  | 'run'
  | 'runSystem'
  | 'read'
  | 'readSystem'
  | 'savepoint'
  | 'append'
  | 'record'
  | 'beginCall'
  | 'endCall'
  | 'afterCommit'
  | 'log'
  | 'publish'
  | 'startWorker'
  | 'query'
  | 'settle';

const members: readonly (readonly [Intrinsic, string, string, readonly string[]])[] = [
  ['run', 'database', 'Transactor', ['run']],
  ['runSystem', 'database', 'Transactor', ['runSystem']],
  ['read', 'database', 'Transactor', ['read']],
  ['readSystem', 'database', 'Transactor', ['readSystem']],
  ['savepoint', 'database', 'Tx', ['savepoint']],
  ['query', 'database', 'Queryable', ['query']],
  ['query', 'database', 'PreparedQueryable', ['queryPrepared']],
  ['query', 'database', 'DatabaseSession', ['query']],
  ['afterCommit', 'database', 'UnitOfWork', ['afterCommit']],
  ['append', 'outbox', 'Outbox', ['append']],
  ['record', 'outbox', 'AuditTrail', ['record']],
  ['beginCall', 'idempotency', 'ExternalCalls', ['begin']],
  ['endCall', 'idempotency', 'ExternalCalls', ['end']],
  ['settle', 'http', 'GrantedAccess', ['require', 'reach']],
  ['publish', 'kafka', 'EventProducer', ['publish']],
  ['startWorker', 'worker', 'Worker', ['start']],
  ['log', 'logging', 'Logger', ['debug', 'info', 'warn', 'error']],
];

/**
 * Libraries that a call path is not followed into: what they do is told by their intrinsics, or has no part in
 * the rules of a route. Their sources are audited by themselves.
 */
const closed = /^libs\/(?:config|database|kafka|logging|outbox|resilience|telemetry|worker)\//;

/** The functions and types of the libraries that the rules speak of. */
export class House {
  private readonly intrinsics = new Map<ts.Node, Intrinsic>();
  private readonly workspace: Workspace;

  /** @throws Error where a library no longer has what the audit knows by name */
  constructor(workspace: Workspace) {
    this.workspace = workspace;
    for (const [intrinsic, library, type, names] of members) {
      for (const name of names) for (const declaration of this.memberOf(library, type, name)) this.intrinsics.set(declaration, intrinsic);
    }
  }

  intrinsicOf(declaration: ts.Node | undefined): Intrinsic | undefined {
    return declaration === undefined ? undefined : this.intrinsics.get(declaration);
  }

  /** Whether the way of a call ends at this function, for it belongs to a library that is audited by itself. */
  isClosed(declaration: ts.Node): boolean {
    return closed.test(this.workspace.fileOf(declaration));
  }

  /** A public function of libs/resilience that answers later: a call that leaves the process, with all that it needs. */
  isOutsideCall(declaration: ts.Node): boolean {
    if (!this.workspace.fileOf(declaration).startsWith('libs/resilience/') || !ts.isMethodDeclaration(declaration)) return false;
    return declaration.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword) === true && declaration.name.getText() !== 'close';
  }

  /** A function of Kafka's driver that writes to Kafka, or makes what does. */
  isProducing(declaration: ts.SignatureDeclaration): boolean {
    return declaration.getSourceFile().fileName.includes('/node_modules/kafkajs/') && ['producer', 'send', 'sendBatch'].includes(declaration.name?.getText() ?? '');
  }

  /** Whether every value of the type is a request's context. */
  isContext(type: ts.Type): boolean {
    return type.getNonNullableType().symbol?.name === 'RequestContext' && this.isFrom(type.getNonNullableType().symbol, 'libs/http/');
  }

  isTx(type: ts.Type): boolean {
    return this.hasBrand(type, 'txBrand');
  }

  isConn(type: ts.Type): boolean {
    return this.hasBrand(type, 'connBrand');
  }

  /** Whether the type is the class, or extends it, that a library exports under this name. */
  isA(type: ts.Type, library: string, name: string): boolean {
    const symbols = [type.symbol, ...(type.getBaseTypes?.() ?? []).map((base) => base.symbol)];
    if (symbols.some((symbol) => symbol?.name === name && this.isFrom(symbol, `libs/${library}/`))) return true;
    return (type.isClassOrInterface() ? (this.workspace.checker.getBaseTypes(type) ?? []) : []).some((base) => this.isA(base, library, name));
  }

  isFrom(symbol: ts.Symbol | undefined, folder: string): boolean {
    return symbol?.declarations?.some((declaration) => this.workspace.fileOf(declaration).startsWith(folder)) === true;
  }

  private hasBrand(type: ts.Type, brand: string): boolean {
    const types = type.isUnion() ? type.types : [type];
    return types.some((each) => each.getProperties().some(({ name }) => name.startsWith(`__@${brand}`)));
  }

  private memberOf(library: string, type: string, name: string): readonly ts.Node[] {
    const symbol = this.workspace.exported(`libs/${library}/src/index.ts`, type);
    const declared = symbol === undefined ? undefined : this.workspace.checker.getDeclaredTypeOfSymbol(symbol).getProperty(name);
    if (declared?.declarations === undefined) throw new Error(`the audit knows ${type}.${name} of @plinth/${library}, which is no longer there: tools/audit/src/source/house.ts`);
    return declared.declarations;
  }
}
