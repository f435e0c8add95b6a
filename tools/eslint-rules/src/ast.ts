import type { TSESLint, TSESTree } from '@typescript-eslint/utils';

/** A house rule: no fixer and no type information, so that it also runs on a file outside a project. */
export type HouseRule = TSESLint.RuleModule<string, readonly unknown[]>;

export type FunctionNode =
  | TSESTree.FunctionDeclaration
  | TSESTree.FunctionExpression
  | TSESTree.ArrowFunctionExpression;

/** Where a local name comes from: `import { Get as Read } from 'x'` gives `Read -> { module: 'x', name: 'Get' }`; name is `*` for a namespace. */
export interface ImportedName {
  readonly module: string;
  readonly name: string;
}

/** The names that a file imports as values; `import type` is left out, for a type does nothing at run time. */
export function valueImports(program: TSESTree.Program): ReadonlyMap<string, ImportedName> {
  const imports = new Map<string, ImportedName>();
  for (const statement of program.body) {
    if (statement.type !== 'ImportDeclaration' || statement.importKind === 'type') continue;
    for (const specifier of statement.specifiers) {
      if (specifier.type === 'ImportSpecifier' && specifier.importKind === 'type') continue;
      imports.set(specifier.local.name, { module: statement.source.value, name: importedName(specifier) });
    }
  }
  return imports;
}

/** What a specifier takes out of its module: a name, `default`, or `*`. */
export function importedName(specifier: TSESTree.ImportClause): string {
  if (specifier.type === 'ImportDefaultSpecifier') return 'default';
  if (specifier.type === 'ImportNamespaceSpecifier') return '*';
  return specifier.imported.type === 'Identifier' ? specifier.imported.name : specifier.imported.value;
}

/** A decorator with the name under which its module exports it, whatever the file calls it. */
export interface NamedDecorator {
  readonly node: TSESTree.Decorator;
  readonly name: string;
  readonly arguments: readonly TSESTree.CallExpressionArgument[];
}

export function decoratorsOf(
  node: { readonly decorators?: readonly TSESTree.Decorator[] },
  imports: ReadonlyMap<string, ImportedName>,
): readonly NamedDecorator[] {
  return (node.decorators ?? []).flatMap((decorator) => {
    const { expression } = decorator;
    const call = expression.type === 'CallExpression' ? expression : undefined;
    const callee = call?.callee ?? expression;
    const local = callee.type === 'MemberExpression' ? propertyName(callee) : callee.type === 'Identifier' ? callee.name : undefined;
    if (local === undefined) return [];
    const name = callee.type === 'Identifier' ? (imports.get(local)?.name ?? local) : local;
    return [{ node: decorator, name, arguments: call?.arguments ?? [] }];
  });
}

/** The text of a string literal or of a template without expressions; undefined for anything that is computed. */
export function constantText(node: TSESTree.Node | null | undefined): string | undefined {
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node?.type === 'TemplateLiteral' && node.expressions.length === 0) return node.quasis[0]?.value.cooked ?? undefined;
  return undefined;
}

/** The name that `a.name` and `a['name']` read, `#name` without its hash; undefined where it is computed. */
export function propertyName(node: TSESTree.MemberExpression): string | undefined {
  if (node.computed) return constantText(node.property);
  return node.property.type === 'Identifier' || node.property.type === 'PrivateIdentifier' ? node.property.name : undefined;
}

export function isFunction(node: TSESTree.Node): node is FunctionNode {
  return node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression';
}

/** Whether an identifier means the global of that name, and no import, parameter or variable of the file. */
export function isGlobal(node: TSESTree.Identifier, sourceCode: Readonly<TSESLint.SourceCode>): boolean {
  let scope: TSESLint.Scope.Scope | null = sourceCode.getScope(node);
  while (scope !== null) {
    const variable = scope.set.get(node.name);
    if (variable !== undefined) return variable.defs.length === 0;
    scope = scope.upper;
  }
  return true;
}
