import { valueImports, type HouseRule } from './ast.ts';
import { hasText, routeOf } from './routes.ts';

/** Whether each declaration has to give its reason. */
const declarations: ReadonlyMap<string, { readonly needsReason: boolean }> = new Map([
  ['Idempotent', { needsReason: false }],
  ['IdempotencyOptional', { needsReason: true }],
]);

/** A route that changes something says how it treats a repeated request. */
export const mutationDeclaresIdempotency: HouseRule = {
  defaultOptions: [],
  meta: {
    type: 'problem',
    schema: [],
    docs: { description: 'A POST, PUT, PATCH or DELETE route declares its idempotency.' },
    messages: {
      missing: "{{name}} takes writes and declares no idempotency: add @Idempotent() or @IdempotencyOptional('why a client may send no key').",
      several: '{{name}} declares its idempotency more than once: keep one.',
      reason: '@{{decorator}} needs its reason as a string literal.',
    },
  },
  create(context) {
    const imports = valueImports(context.sourceCode.ast);
    return {
      MethodDefinition(method) {
        const route = routeOf(method, imports);
        if (route?.writes !== true) return;
        const declared = route.decorators.filter(({ name }) => declarations.has(name));
        if (declared.length === 0) context.report({ node: method.key, messageId: 'missing', data: { name: route.name } });
        if (declared.length > 1) context.report({ node: method.key, messageId: 'several', data: { name: route.name } });
        for (const decorator of declared) {
          if (declarations.get(decorator.name)?.needsReason === true && !hasText(decorator)) {
            context.report({ node: decorator.node, messageId: 'reason', data: { decorator: decorator.name } });
          }
        }
      },
    };
  },
};
