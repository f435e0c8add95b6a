import type { TSESTree } from '@typescript-eslint/utils';
import { isFunction, valueImports, type HouseRule } from './ast.ts';
import { routeOf } from './routes.ts';

/** A route's body is one statement that hands over to a service; logic there would escape the service's tests. */
export const controllerIsOneLine: HouseRule = {
  defaultOptions: [],
  meta: {
    type: 'suggestion',
    schema: [],
    docs: { description: "A route's method body is a single statement." },
    messages: {
      long: '{{name}} holds logic: keep the one statement that calls the service.',
    },
  },
  create(context) {
    const imports = valueImports(context.sourceCode.ast);
    /** The route whose body is being walked, to find functions with bodies of their own within its one statement. */
    let inside: TSESTree.MethodDefinition | undefined;

    function checkNested(node: TSESTree.FunctionExpression | TSESTree.ArrowFunctionExpression) {
      if (inside === undefined || node === inside.value || !isFunction(node) || node.body.type !== 'BlockStatement') return;
      context.report({ node, messageId: 'long', data: { name: context.sourceCode.getText(inside.key) } });
    }

    return {
      MethodDefinition(method) {
        const route = routeOf(method, imports);
        if (route === undefined) return;
        inside = method;
        const statements = method.value.body?.body ?? [];
        const plain = statements.every(({ type }) => type === 'ReturnStatement' || type === 'ExpressionStatement');
        if (statements.length > 1 || !plain) context.report({ node: method.key, messageId: 'long', data: { name: route.name } });
      },
      'MethodDefinition:exit'(method) {
        if (method === inside) inside = undefined;
      },
      FunctionExpression: checkNested,
      ArrowFunctionExpression: checkNested,
    };
  },
};
