import type { TSESTree } from '@typescript-eslint/utils';
import { importedName, isGlobal, propertyName, type HouseRule } from './ast.ts';

/** The environment is read once, by the configuration class: elsewhere it is unvalidated, undocumented, and shared by apps that run in one process. */
export const noProcessEnv: HouseRule = {
  defaultOptions: [],
  meta: {
    type: 'problem',
    schema: [],
    docs: { description: 'Only libs/config and an entry point read process.env.' },
    messages: {
      env: "Declare the variable in the app's config class and inject that: process.env is read there alone.",
    },
  },
  create(context) {
    function isProcess(node: TSESTree.Node): boolean {
      if (node.type === 'MemberExpression') return propertyName(node) === 'process';
      if (node.type !== 'Identifier') return false;
      return node.name === 'process' && (isGlobal(node, context.sourceCode) || isProcessImport(node));
    }

    function isProcessImport(node: TSESTree.Identifier): boolean {
      return context.sourceCode.ast.body.some(
        (statement) =>
          statement.type === 'ImportDeclaration' &&
          /^(?:node:)?process$/.test(statement.source.value) &&
          statement.specifiers.some((specifier) => specifier.local.name === node.name),
      );
    }

    return {
      MemberExpression(node) {
        if (propertyName(node) === 'env' && isProcess(node.object)) context.report({ node, messageId: 'env' });
      },
      VariableDeclarator(node) {
        if (node.id.type !== 'ObjectPattern' || node.init === null || !isProcess(node.init)) return;
        const property = node.id.properties.find((each) => each.type === 'Property' && each.key.type === 'Identifier' && each.key.name === 'env');
        if (property !== undefined) context.report({ node: property, messageId: 'env' });
      },
      ImportDeclaration(node) {
        if (!/^(?:node:)?process$/.test(node.source.value)) return;
        for (const specifier of node.specifiers) {
          if (importedName(specifier) === 'env') context.report({ node: specifier, messageId: 'env' });
        }
      },
    };
  },
};
