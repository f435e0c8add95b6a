import type { TSESTree } from '@typescript-eslint/utils';
import { decoratorsOf, valueImports, type HouseRule } from './ast.ts';
import { hasText, routeOf } from './routes.ts';

const declarations: ReadonlySet<string> = new Set(['Access', 'Public', 'SignedIn', 'ServicesOnly', 'WithoutIdentity']);

/**
 * Every route says who may call it: `@Access('capability')`, `@Public('reason')`, `@SignedIn('reason')`,
 * `@ServicesOnly('reason')`, or, for what never passes the gateway, `@WithoutIdentity('reason')`. Only the last may stand at the class, as probes do: a class-level declaration
 * would open each route that is added later, without a word at the route.
 */
export const routeDeclaresAccess: HouseRule = {
  defaultOptions: [],
  meta: {
    type: 'problem',
    schema: [],
    docs: { description: 'A route declares the capability it needs, or why it is open.' },
    messages: {
      missing: "{{name}} declares no access: add @Access('capability') or @Public('why it is open').",
      both: '{{name}} declares its access more than once: keep one.',
      empty: '@{{decorator}} needs its text: the capability, or the reason why the route is open, as a string literal.',
    },
  },
  create(context) {
    const imports = valueImports(context.sourceCode.ast);

    function classDeclarations(method: TSESTree.MethodDefinition) {
      return decoratorsOf(method.parent.parent, imports).filter(({ name }) => name === 'WithoutIdentity');
    }

    return {
      MethodDefinition(method) {
        const route = routeOf(method, imports);
        if (route === undefined) return;
        const declared = [...classDeclarations(method), ...route.decorators.filter(({ name }) => declarations.has(name))];
        if (declared.length === 0) context.report({ node: method.key, messageId: 'missing', data: { name: route.name } });
        if (declared.length > 1) context.report({ node: method.key, messageId: 'both', data: { name: route.name } });
        for (const decorator of declared) {
          if (!hasText(decorator)) context.report({ node: decorator.node, messageId: 'empty', data: { decorator: decorator.name } });
        }
      },
    };
  },
};
