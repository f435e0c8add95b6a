import type { TSESLint, TSESTree } from '@typescript-eslint/utils';
import { isFunction, propertyName, type FunctionNode, type HouseRule } from './ast.ts';

/** Statements that change rows. `SELECT ... FOR UPDATE` is not one: an UPDATE has its SET. `§` stands for a template's expression. */
const writes = /\b(?:INSERT\s+INTO|UPDATE\s+(?:ONLY\s+)?[\w".§]+\s+(?:(?:AS\s+)?\w+\s+)?SET|DELETE\s+FROM|MERGE\s+INTO|TRUNCATE)\b/i;

/**
 * A repository's function that writes takes the transaction as its first parameter, typed `Tx`: that type comes from
 * `Transactor.run` alone, so a write outside of a transaction, or without its tenant, cannot be expressed.
 */
export const writeTakesTx: HouseRule = {
  defaultOptions: [],
  meta: {
    type: 'problem',
    schema: [],
    docs: { description: "A repository's write takes `tx: Tx` first." },
    messages: {
      tx: 'This function writes ({{statement}}): its first parameter must be the transaction, `tx: Tx`.',
    },
  },
  create(context) {
    const { sourceCode } = context;
    const reported = new Set<TSESTree.Node>();

    function check(use: TSESTree.Node, statement: string) {
      const owners = sourceCode.getAncestors(use).filter(isFunction).filter(isNamed);
      if (owners.some(takesTx)) return;
      const owner = owners.at(-1) ?? use;
      if (!reported.has(owner)) context.report({ node: owner, messageId: 'tx', data: { statement } });
      reported.add(owner);
    }

    /** A query that stands in a constant is judged where the constant is used. */
    function checkText(node: TSESTree.Node, text: string) {
      const statement = writes.exec(text)?.[0];
      if (statement === undefined) return;
      const holder = constantHolder(node);
      if (holder === undefined) return check(node, statement);
      for (const use of usesOf(holder, sourceCode)) check(use, statement);
    }

    return {
      Literal(node) {
        if (typeof node.value === 'string') checkText(node, node.value);
      },
      TemplateLiteral(node) {
        checkText(node, node.quasis.map(({ value }) => value.raw).join('§'));
      },
    };
  },
};

type Holder = TSESTree.VariableDeclarator | TSESTree.PropertyDefinition;

/** The constant outside of any function that a text belongs to, however it is put together. */
function constantHolder(node: TSESTree.Node): Holder | undefined {
  for (let at: TSESTree.Node | undefined = node; at !== undefined; at = at.parent) {
    if (isFunction(at)) return undefined;
    if (at.type === 'VariableDeclarator' || at.type === 'PropertyDefinition') return at;
  }
  return undefined;
}

function usesOf(holder: Holder, sourceCode: Readonly<TSESLint.SourceCode>): readonly TSESTree.Node[] {
  if (holder.type === 'VariableDeclarator') {
    const variables = sourceCode.getDeclaredVariables?.(holder) ?? [];
    return variables.flatMap(({ references }) => references.filter((reference) => reference.isRead()).map(({ identifier }) => identifier));
  }
  const name = holder.key.type === 'Identifier' || holder.key.type === 'PrivateIdentifier' ? holder.key.name : undefined;
  return membersNamed(holder.parent, name);
}

/** Every `x.name` below a class body: the class may be `this`, or its own name for a static property. */
function membersNamed(root: TSESTree.Node, name: string | undefined): readonly TSESTree.Node[] {
  if (name === undefined) return [];
  const found: TSESTree.Node[] = [];
  const walk = (node: TSESTree.Node) => {
    if (node.type === 'MemberExpression' && propertyName(node) === name) found.push(node);
    for (const [key, value] of Object.entries(node)) {
      if (key === 'parent') continue;
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child);
    }
  };
  walk(root);
  return found;
}

function isNode(value: unknown): value is TSESTree.Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'range' in value;
}

/** A method, a declared function or one that a constant names; a callback is judged by the function around it. */
function isNamed(node: FunctionNode): boolean {
  return node.type === 'FunctionDeclaration' || ['MethodDefinition', 'PropertyDefinition', 'Property', 'VariableDeclarator'].includes(node.parent.type);
}

function takesTx(node: FunctionNode): boolean {
  const type = node.params[0] && 'typeAnnotation' in node.params[0] ? node.params[0].typeAnnotation?.typeAnnotation : undefined;
  return type?.type === 'TSTypeReference' && type.typeName.type === 'Identifier' && type.typeName.name === 'Tx';
}
