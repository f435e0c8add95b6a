import type { TSESTree } from '@typescript-eslint/utils';
import { decoratorsOf, importedName, propertyName, valueImports, type HouseRule } from './ast.ts';

const queryMethods: ReadonlySet<string> = new Set(['query', 'queryPrepared', 'createQueryBuilder', 'getRepository', 'createQueryRunner']);
const queryTypes: ReadonlySet<string> = new Set(['DataSource', 'EntityManager', 'QueryRunner', 'Repository', 'Tx', 'Conn', 'Transactor']);
const queryModules: ReadonlySet<string> = new Set(['typeorm', '@nestjs/typeorm', 'pg']);

/** A controller knows no database: neither by a call, nor by the type of what it is given. */
export const noQueryInController: HouseRule = {
  defaultOptions: [],
  meta: {
    type: 'problem',
    schema: [],
    docs: { description: 'A controller runs no query and holds nothing that could.' },
    messages: {
      query: 'A controller runs no query: move {{what}} to a repository, behind a service.',
    },
  },
  create(context) {
    // The whole file by its name; elsewhere the class by its decorator, so that another file name is no way around.
    const wholeFile = context.filename.endsWith('.controller.ts');
    const imports = valueImports(context.sourceCode.ast);

    function isInController(node: TSESTree.Node): boolean {
      if (wholeFile) return true;
      return context.sourceCode
        .getAncestors(node)
        .some((ancestor) => ancestor.type === 'ClassDeclaration' && decoratorsOf(ancestor, imports).some(({ name }) => name === 'Controller'));
    }

    /** The transport hands an event's handler the transaction of its inbox row, to hand on; what queries there is still reported. */
    function isInEventHandler(node: TSESTree.Node): boolean {
      const method = context.sourceCode.getAncestors(node).find((ancestor) => ancestor.type === 'MethodDefinition');
      return method !== undefined && decoratorsOf(method, imports).some(({ name }) => name === 'OnEvent' || name === 'OnEventBatch');
    }

    function report(node: TSESTree.Node, what: string) {
      if (isInController(node)) context.report({ node, messageId: 'query', data: { what } });
    }

    return {
      ImportDeclaration(node) {
        if (queryModules.has(node.source.value)) report(node, `'${node.source.value}'`);
        for (const specifier of node.specifiers) {
          if (!queryModules.has(node.source.value) && queryTypes.has(importedName(specifier))) report(specifier, importedName(specifier));
        }
      },
      CallExpression(node) {
        const name = node.callee.type === 'MemberExpression' ? propertyName(node.callee) : undefined;
        if (name !== undefined && queryMethods.has(name)) report(node.callee, `.${name}()`);
      },
      TSTypeReference(node) {
        // In a file that is a controller's by name the import was reported already.
        if (wholeFile || node.typeName.type !== 'Identifier' || !queryTypes.has(node.typeName.name)) return;
        if (node.typeName.name !== 'Tx' || !isInEventHandler(node)) report(node, node.typeName.name);
      },
    };
  },
};
