import type { TSESLint, TSESTree } from '@typescript-eslint/utils';
import { constantText, propertyName, type HouseRule } from './ast.ts';

const levels: ReadonlySet<string> = new Set(['trace', 'verbose', 'debug', 'info', 'log', 'warn', 'error', 'fatal']);

/** `logger`, `this.log`, `requestLogger`, `#logger`; not `catalog` or `blog`. */
const loggerName = /^(?:log|logger|\w+(?:Log|Logger))$/;

/** A log line's message is constant and its data stands in fields: so it can be searched and counted, and the allow-list of fields keeps personal data out. */
export const constantLogMessage: HouseRule = {
  defaultOptions: [],
  meta: {
    type: 'problem',
    schema: [],
    docs: { description: "A logger's message is a string literal." },
    messages: {
      message: 'A log message is a string literal; what varies goes into the fields.',
    },
  },
  create(context) {
    return {
      CallExpression(node) {
        const { callee } = node;
        if (callee.type !== 'MemberExpression' || !levels.has(propertyName(callee) ?? '') || !isLogger(callee.object)) return;
        const message = node.arguments[0];
        if (message !== undefined && !isConstant(message, context.sourceCode)) context.report({ node: message, messageId: 'message' });
      },
    };
  },
};

function isLogger(node: TSESTree.Node): boolean {
  if (node.type === 'Identifier') return loggerName.test(node.name);
  return node.type === 'MemberExpression' && loggerName.test(propertyName(node) ?? '');
}

/** A literal, or the name of a `const` of this file that holds one. */
function isConstant(node: TSESTree.Node, sourceCode: Readonly<TSESLint.SourceCode>): boolean {
  if (constantText(node) !== undefined) return true;
  if (node.type !== 'Identifier') return false;
  const reference = sourceCode.getScope(node).references.find(({ identifier }) => identifier === node);
  return (reference?.resolved?.defs ?? []).some(
    (definition) => definition.parent?.type === 'VariableDeclaration' && definition.parent.kind === 'const' && holdsText(definition.node),
  );
}

function holdsText(node: TSESTree.Node): boolean {
  return node.type === 'VariableDeclarator' && node.id.type === 'Identifier' && constantText(node.init) !== undefined;
}
