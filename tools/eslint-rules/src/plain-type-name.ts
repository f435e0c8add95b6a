import type { TSESTree } from '@typescript-eslint/utils';
import type { HouseRule } from './ast.ts';

const marked = /^I[A-Z][a-z]|(?:Impl|Base|Enum|Interface)$|^Abstract[A-Z]/;

/** A type is called by what it is in the field, and a module exports names: no I-, -Impl, -Base, -Enum, no default export. */
export const plainTypeName: HouseRule = {
  defaultOptions: [],
  meta: {
    type: 'suggestion',
    schema: [],
    docs: { description: 'No I-, -Impl, -Base, -Enum in names of types; no default export.' },
    messages: {
      name: '{{name}} says how it is made and not what it is.',
      default: 'A default export has a name of its own in every file that imports it: export a name.',
    },
  },
  create(context) {
    function check({ id }: { readonly id: TSESTree.Identifier | null }) {
      if (id !== null && marked.test(id.name)) context.report({ node: id, messageId: 'name', data: { name: id.name } });
    }
    return {
      ClassDeclaration: check,
      TSInterfaceDeclaration: check,
      TSEnumDeclaration: check,
      TSTypeAliasDeclaration: check,
      ExportDefaultDeclaration: (node) => context.report({ node, messageId: 'default' }),
    };
  },
};
