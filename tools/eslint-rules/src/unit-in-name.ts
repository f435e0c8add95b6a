import type { TSESTree } from '@typescript-eslint/utils';
import type { HouseRule } from './ast.ts';

/** Names that end so are of a duration, and say nothing of its unit. */
const withoutUnit = /(?:^|[a-z\d])(?:[Tt]imeout|[Ii]nterval|[Dd]elay|[Dd]uration|[Tt]tl|[Ll]ifetime|[Rr]etention|[Pp]atience)$|^(?:timeout|interval|delay|duration|ttl|lifetime|retention|patience|maxAge)$|MaxAge$/;

/** A duration's name ends in its unit (`timeoutMs`, `leaseSeconds`, `keptHours`): seconds that are taken for milliseconds compile. */
export const unitInName: HouseRule = {
  defaultOptions: [],
  meta: {
    type: 'problem',
    schema: [],
    docs: { description: 'A number that is a duration has its unit in its name.' },
    messages: {
      unit: '{{name}} is a duration without a unit: {{name}}Ms, {{name}}Seconds, {{name}}Hours.',
    },
  },
  create(context) {
    function check(name: TSESTree.Node, isNumber: boolean) {
      if (isNumber && name.type === 'Identifier' && withoutUnit.test(name.name)) context.report({ node: name, messageId: 'unit', data: { name: name.name } });
    }
    return {
      TSPropertySignature: (node) => check(node.key, isNumeric(node.typeAnnotation)),
      PropertyDefinition: (node) => check(node.key, isNumeric(node.typeAnnotation) || isNumberLiteral(node.value)),
      VariableDeclarator: (node) => check(node.id, isNumeric(node.id.typeAnnotation) || isNumberLiteral(node.init)),
      'FunctionDeclaration, FunctionExpression, ArrowFunctionExpression, TSMethodSignature, TSEmptyBodyFunctionExpression': (node: { params: TSESTree.Parameter[] }) => {
        for (const param of node.params) {
          const named = param.type === 'TSParameterProperty' ? param.parameter : param;
          const target = named.type === 'AssignmentPattern' ? named.left : named;
          check(target, isNumeric(target.typeAnnotation) || (named.type === 'AssignmentPattern' && isNumberLiteral(named.right)));
        }
      },
    };
  },
};

function isNumeric(annotation: TSESTree.TSTypeAnnotation | undefined): boolean {
  return annotation?.typeAnnotation.type === 'TSNumberKeyword';
}

function isNumberLiteral(node: TSESTree.Expression | null): boolean {
  return node?.type === 'Literal' && typeof node.value === 'number';
}
