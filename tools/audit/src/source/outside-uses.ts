import { isBuiltin } from 'node:module';
import ts from 'typescript';
import type { House } from './house.ts';
import { callingExports, callingGlobals, callingPackages, quietPackages } from './packages.ts';
import { nameOfFunction, type Workspace } from './workspace.ts';

/** A place at which the process can be left. */
export interface OutsideUse {
  /** `through`: by libs/resilience. `import`, `global`, `loaded`: by itself. `unknown`: nobody has said what the package does. */
  readonly kind: 'through' | 'import' | 'global' | 'loaded' | 'unknown';
  /** The package or the global, or the function of libs/resilience. */
  readonly what: string;
  readonly node: ts.Node;
}

/** Finds them in a file: by what its imports, globals and loaders lead to, under whatever name. */
export function outsideUsesIn(workspace: Workspace, house: House, file: string): readonly OutsideUse[] {
  const found: OutsideUse[] = [];
  /** Local names of whole modules some of whose members call out. */
  const modules = new Map<ts.Symbol, string>();
  const symbolOf = (node: ts.Node) => workspace.checker.getSymbolAtLocation(node);

  const use = (node: ts.Node, module: string, name: string, kind: OutsideUse['kind'] = 'import'): void => {
    if (callingExports.get(module)?.has(name) === true) found.push({ kind, what: `${module}.${name}`, node });
  };

  const wholeModule = (node: ts.Node, specifier: string, kind: 'import' | 'loaded'): void => {
    const name = packageOf(specifier);
    if (callingPackages.has(name)) found.push({ kind, what: name, node });
    else if (isForeign(specifier, name) && !quietPackages.has(name)) found.push({ kind: 'unknown', what: name, node });
    // A module that is loaded by hand can be taken apart under any name.
    else if (kind === 'loaded' && callingExports.has(moduleOf(specifier))) found.push({ kind, what: moduleOf(specifier), node });
  };

  const importing = (node: ts.ImportDeclaration): void => {
    const clause = node.importClause;
    const specifier = (node.moduleSpecifier as ts.StringLiteral).text;
    if (clause?.phaseModifier === ts.SyntaxKind.TypeKeyword) return;
    const bindings = clause?.namedBindings;
    const elements = bindings !== undefined && ts.isNamedImports(bindings) ? bindings.elements.filter(({ isTypeOnly }) => !isTypeOnly) : [];
    if (clause !== undefined && clause.name === undefined && bindings !== undefined && ts.isNamedImports(bindings) && elements.length === 0) return;
    wholeModule(node, specifier, 'import');
    for (const element of elements) use(element, moduleOf(specifier), (element.propertyName ?? element.name).text);
    const whole = [clause?.name, bindings !== undefined && ts.isNamespaceImport(bindings) ? bindings.name : undefined];
    for (const name of whole) {
      const symbol = name === undefined ? undefined : symbolOf(name);
      if (symbol !== undefined && callingExports.has(moduleOf(specifier))) modules.set(symbol, moduleOf(specifier));
    }
  };

  const exporting = (node: ts.ExportDeclaration): void => {
    if (node.isTypeOnly || node.moduleSpecifier === undefined) return;
    const specifier = (node.moduleSpecifier as ts.StringLiteral).text;
    wholeModule(node, specifier, 'import');
    const elements = node.exportClause !== undefined && ts.isNamedExports(node.exportClause) ? node.exportClause.elements : [];
    for (const element of elements) if (!element.isTypeOnly) use(element, moduleOf(specifier), (element.propertyName ?? element.name).text);
    if (elements.length === 0 && callingExports.has(moduleOf(specifier))) found.push({ kind: 'import', what: moduleOf(specifier), node });
  };

  const calling = (node: ts.CallExpression): void => {
    const [first] = node.arguments;
    const name = node.expression.getText();
    if (node.expression.kind === ts.SyntaxKind.ImportKeyword || name === 'require' || name === 'process.getBuiltinModule') {
      if (first !== undefined && ts.isStringLiteralLike(first)) wholeModule(node, first.text, 'loaded');
      else found.push({ kind: 'loaded', what: 'a module that is named at run time', node });
    }
    const declaration = workspace.called(node);
    if (declaration !== undefined && !file.startsWith('libs/resilience/') && house.isOutsideCall(declaration)) {
      found.push({ kind: 'through', what: nameOfFunction(declaration) ?? 'libs/resilience', node });
    }
  };

  for (const node of workspace.nodesOf(file)) {
    if (ts.isImportDeclaration(node)) importing(node);
    else if (ts.isExportDeclaration(node)) exporting(node);
    else if (ts.isCallExpression(node)) calling(node);
    else if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) {
      const name = memberName(node);
      const symbol = symbolOf(node.expression);
      const module = symbol === undefined ? undefined : modules.get(symbol);
      if (module !== undefined && name !== undefined) use(node, module, name);
      if (name !== undefined && callingGlobals.has(name) && ['globalThis', 'global'].includes(node.expression.getText())) found.push({ kind: 'global', what: name, node });
    } else if (ts.isBindingElement(node)) {
      const from = node.parent.parent;
      const symbol = ts.isVariableDeclaration(from) && from.initializer !== undefined ? symbolOf(from.initializer) : undefined;
      const module = symbol === undefined ? undefined : modules.get(symbol);
      if (module !== undefined) use(node, module, (node.propertyName ?? node.name).getText());
    } else if (ts.isIdentifier(node) && callingGlobals.has(node.text) && isGlobal(workspace, node)) {
      found.push({ kind: 'global', what: node.text, node });
    }
  }
  return found;
}

/** A use of the global itself: no member, no key, no type, and nothing of the file's own. */
function isGlobal(workspace: Workspace, node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) return false;
  if (ts.isTypeQueryNode(parent) || ts.isTypeReferenceNode(parent) || ts.isQualifiedName(parent) || ts.isExpressionWithTypeArguments(parent)) return false;
  if (ts.isPropertyAssignment(parent) && parent.name === node) return false;
  const symbol = workspace.checker.getSymbolAtLocation(node);
  return symbol?.declarations?.every((declaration) => !workspace.isOurs(declaration)) === true;
}

function memberName(node: ts.PropertyAccessExpression | ts.ElementAccessExpression): string | undefined {
  if (ts.isPropertyAccessExpression(node)) return node.name.text;
  return ts.isStringLiteralLike(node.argumentExpression) ? node.argumentExpression.text : undefined;
}

function isForeign(specifier: string, name: string): boolean {
  return !specifier.startsWith('.') && !isBuiltin(specifier) && !name.startsWith('@plinth/');
}

/** `node:http` -> `http`, `node:dns/promises` -> `dns/promises`. */
function moduleOf(specifier: string): string {
  return specifier.replace(/^node:/, '');
}

/** `undici/types` -> `undici`; scoped packages keep their scope. */
function packageOf(specifier: string): string {
  return moduleOf(specifier)
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
