import type { TSESTree } from '@typescript-eslint/utils';
import { propertyName, valueImports, type HouseRule } from './ast.ts';

/** A code that stands in no catalogue is in no document: not in docs/errors.md, and not in the API document of its route. */
export const problemFromCatalogue: HouseRule = {
  defaultOptions: [],
  meta: {
    type: 'problem',
    schema: [],
    docs: { description: 'A Problem is made by an entry of an error catalogue.' },
    messages: { bare: "Define the error in the feature's *.errors.ts (defineErrors) and call its entry." },
  },
  create(context) {
    const imports = valueImports(context.sourceCode.ast);

    function isProblem(callee: TSESTree.Expression): boolean {
      if (callee.type === 'Identifier') {
        const from = imports.get(callee.name);
        return from?.module === '@plinth/kernel' && from.name === 'Problem';
      }
      if (callee.type !== 'MemberExpression' || callee.object.type !== 'Identifier' || propertyName(callee) !== 'Problem') return false;
      const from = imports.get(callee.object.name);
      return from?.module === '@plinth/kernel' && from.name === '*';
    }

    return {
      NewExpression(node) {
        if (isProblem(node.callee)) context.report({ node, messageId: 'bare' });
      },
    };
  },
};
