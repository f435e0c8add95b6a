import { importedName, propertyName, valueImports, type HouseRule } from './ast.ts';

/** `HttpException`, `NotFoundException`, ... and the enum of statuses that goes with them. */
const httpName = /^(?:\w+Exception|HttpStatus)$/;

/** A service speaks of the domain: it rejects with a Problem of its feature's catalogue, and libs/http alone knows which status that is. */
export const noNestExceptionInService: HouseRule = {
  defaultOptions: [],
  meta: {
    type: 'problem',
    schema: [],
    docs: { description: "A service throws no exception of Nest's HTTP layer." },
    messages: {
      exception: "{{name}} belongs to HTTP: throw or reject() a Problem from the feature's *.errors.ts.",
    },
  },
  create(context) {
    const imports = valueImports(context.sourceCode.ast);
    return {
      ImportDeclaration(node) {
        if (node.source.value !== '@nestjs/common') return;
        for (const specifier of node.specifiers) {
          const name = importedName(specifier);
          if (httpName.test(name)) context.report({ node: specifier, messageId: 'exception', data: { name } });
        }
      },
      MemberExpression(node) {
        const name = propertyName(node);
        if (node.object.type !== 'Identifier' || name === undefined || !httpName.test(name)) return;
        const from = imports.get(node.object.name);
        if (from?.module === '@nestjs/common' && from.name === '*') context.report({ node, messageId: 'exception', data: { name } });
      },
    };
  },
};
