import { globSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import ts from 'typescript';
import type { Place } from '../model.ts';

/** Tests, and what only they use, are no product code. */
const notProduct = /spec\.ts$|\/testing\.ts$|^libs\/testing\/|^apps\/platform-e2e\//;

/** The product's sources below a folder of the workspace, as paths from its root. */
export function productFiles(root: string, pattern: string): readonly string[] {
  return globSync(pattern, { cwd: root })
    .map((file) => file.split(sep).join('/'))
    .filter((file) => !notProduct.test(file))
    .sort();
}

export type FunctionWithBody = (ts.MethodDeclaration | ts.FunctionDeclaration | ts.FunctionExpression | ts.ArrowFunction | ts.ConstructorDeclaration | ts.AccessorDeclaration) & {
  readonly body: ts.ConciseBody;
};

/** The sources of the product, parsed and typed by the TypeScript 6 compiler (version 7 has no API). */
export class Workspace {
  readonly checker: ts.TypeChecker;
  private readonly program: ts.Program;
  private readonly known: ReadonlyMap<string, ts.SourceFile>;
  private readonly nodes = new Map<string, readonly ts.Node[]>();

  /** @param files from the workspace's root; every other file that they import is typed, and not read */
  constructor(
    readonly root: string,
    files: readonly string[],
  ) {
    const base = ts.readConfigFile(join(root, 'tsconfig.base.json'), (path) => readFileSync(path, 'utf8'));
    const { options } = ts.convertCompilerOptionsFromJson((base.config as { compilerOptions: object }).compilerOptions, root);
    this.program = ts.createProgram(
      files.map((file) => join(root, file)),
      { ...options, noEmit: true, customConditions: ['@plinth/source'], types: ['node'] },
    );
    this.checker = this.program.getTypeChecker();
    this.known = new Map(files.map((file) => [file, this.parsed(file)]));
  }

  get files(): readonly string[] {
    return [...this.known.keys()];
  }

  /** @throws Error for a file that is none of the workspace's */
  source(file: string): ts.SourceFile {
    const source = this.known.get(file);
    if (source === undefined) throw new Error(`${file} is not among the sources that are audited`);
    return source;
  }

  /** Every node of a file, in the order of the text. */
  nodesOf(file: string): readonly ts.Node[] {
    let nodes = this.nodes.get(file);
    if (nodes === undefined) this.nodes.set(file, (nodes = descendants(this.source(file))));
    return nodes;
  }

  has(file: string): boolean {
    return this.known.has(file);
  }

  /** The path of a node's file from the workspace's root, also where the file is a dependency's. */
  fileOf(node: ts.Node): string {
    return relative(this.root, node.getSourceFile().fileName).split(sep).join('/');
  }

  placeOf(node: ts.Node): Place {
    const source = node.getSourceFile();
    return { file: this.fileOf(node), line: source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1 };
  }

  /** Whether the node stands in the product and not in a dependency. */
  isOurs(node: ts.Node): boolean {
    return this.known.has(this.fileOf(node));
  }

  /** The symbol behind a name, through imports and re-exports. */
  symbolAt(node: ts.Node): ts.Symbol | undefined {
    const symbol = this.checker.getSymbolAtLocation(node);
    return symbol === undefined ? undefined : this.resolved(symbol);
  }

  resolved(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
  }

  /** The declaration of the function that a call calls: a signature without a body, where an interface's member is called. */
  called(node: ts.CallExpression): ts.SignatureDeclaration | undefined {
    const declaration = this.checker.getResolvedSignature(node)?.declaration;
    return declaration === undefined || ts.isJSDocSignature(declaration) ? undefined : declaration;
  }

  /** What a module of ours exports under a name. */
  exported(file: string, name: string): ts.Symbol | undefined {
    const module = this.checker.getSymbolAtLocation(this.source(file));
    const symbol = module === undefined ? undefined : this.checker.getExportsOfModule(module).find((each) => each.name === name);
    return symbol === undefined ? undefined : this.resolved(symbol);
  }

  private parsed(file: string): ts.SourceFile {
    const source = this.program.getSourceFile(join(this.root, file));
    if (source === undefined) throw new Error(`${file} could not be read`);
    return source;
  }
}

export function hasBody(node: ts.Node | undefined): node is FunctionWithBody {
  return node !== undefined && ts.isFunctionLike(node) && 'body' in node && node.body !== undefined;
}

/** Every node below, in the order of the text. */
export function descendants(node: ts.Node): readonly ts.Node[] {
  const found: ts.Node[] = [];
  const add = (child: ts.Node): void => {
    found.push(child);
    child.forEachChild(add);
  };
  node.forEachChild(add);
  return found;
}

/** An expression without what only the compiler sees, and without `await`. */
export function bare(node: ts.Expression): ts.Expression {
  if (ts.isParenthesizedExpression(node) || ts.isAwaitExpression(node) || ts.isNonNullExpression(node)) return bare(node.expression);
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isTypeAssertionExpression(node)) return bare(node.expression);
  return node;
}

/** `Class.method`, `function`, or undefined for a function without a name. */
export function nameOfFunction(node: ts.Node): string | undefined {
  if (ts.isConstructorDeclaration(node)) return `new ${node.parent.name?.text ?? 'class'}`;
  const named = node as { readonly name?: ts.Node };
  if (named.name !== undefined && (ts.isIdentifier(named.name) || ts.isPrivateIdentifier(named.name))) {
    return ts.isClassLike(node.parent) ? `${node.parent.name?.text ?? 'class'}.${named.name.text}` : named.name.text;
  }
  const holder = node.parent;
  if ((ts.isVariableDeclaration(holder) || ts.isPropertyAssignment(holder) || ts.isPropertyDeclaration(holder)) && holder.initializer === node) {
    return holder.name.getText();
  }
  return undefined;
}
