import ts from 'typescript';
import type { Callers } from './callers.ts';
import { returnsOf } from './evaluator.ts';
import { bare, hasBody, type Workspace } from './workspace.ts';

const maxDepth = 6;

/**
 * The part of a text that is not the code's own, or undefined where all of it is: literals, constants, numbers,
 * texts of a closed set (a union of literals), and parameters that are given such texts by every caller.
 */
export function foreignPart(workspace: Workspace, callers: Callers, expression: ts.Expression, depth = 0): ts.Expression | undefined {
  const node = bare(expression);
  const inner = (each: ts.Expression) => foreignPart(workspace, callers, each, depth + 1);
  if (depth > maxDepth) return node;
  if (ts.isStringLiteralLike(node) || ts.isNumericLiteral(node)) return undefined;
  // A cast makes no text safe, so the type is asked of what stands under it.
  if (isClosed(workspace.checker.getTypeAtLocation(node))) return undefined;
  if (ts.isTemplateExpression(node)) return firstOf(node.templateSpans.map((span) => span.expression), inner);
  if (ts.isBinaryExpression(node)) return firstOf([node.left, node.right], inner);
  if (ts.isConditionalExpression(node)) return firstOf([node.whenTrue, node.whenFalse], inner);
  if (ts.isIdentifier(node)) return ofName(workspace, callers, node, depth);
  if (ts.isCallExpression(node)) {
    const declaration = workspace.called(node);
    if (hasBody(declaration) && workspace.isOurs(declaration)) return firstOf(returnsOf(declaration), inner);
    // `names.join(', ')` and the like say what their receiver says.
    if (ts.isPropertyAccessExpression(node.expression) && isClosedList(workspace, node.expression.expression)) return undefined;
  }
  return node;
}

function ofName(workspace: Workspace, callers: Callers, node: ts.Identifier, depth: number): ts.Expression | undefined {
  const shorthand = ts.isShorthandPropertyAssignment(node.parent) ? workspace.checker.getShorthandAssignmentValueSymbol(node.parent) : undefined;
  const declaration = (shorthand ?? workspace.symbolAt(node))?.valueDeclaration;
  if (declaration === undefined) return node;
  if (ts.isVariableDeclaration(declaration) && declaration.initializer !== undefined && (ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const) !== 0) {
    return foreignPart(workspace, callers, declaration.initializer, depth + 1);
  }
  if (!ts.isParameter(declaration)) return node;
  const owner = declaration.parent;
  const index = owner.parameters.indexOf(declaration);
  const calls = callers.of(owner);
  // Nobody that we see calls it: whoever does may give it anything.
  if (calls.length === 0) return node;
  return firstOf(calls.flatMap((call) => call.arguments[index] ?? []), (each) => foreignPart(workspace, callers, each, depth + 1));
}

/** Numbers, booleans and texts out of a closed set. */
function isClosed(type: ts.Type): boolean {
  const types = type.isUnion() ? type.types : [type];
  const closed = ts.TypeFlags.StringLiteral | ts.TypeFlags.NumberLike | ts.TypeFlags.BooleanLike | ts.TypeFlags.BigIntLike | ts.TypeFlags.Undefined | ts.TypeFlags.Null;
  return types.every(({ flags }) => (flags & closed) !== 0);
}

function isClosedList(workspace: Workspace, node: ts.Expression): boolean {
  const type = workspace.checker.getIndexTypeOfType(workspace.checker.getTypeAtLocation(node), ts.IndexKind.Number);
  return type !== undefined && isClosed(type);
}

function firstOf(expressions: readonly ts.Expression[], find: (each: ts.Expression) => ts.Expression | undefined): ts.Expression | undefined {
  for (const each of expressions) {
    const found = find(each);
    if (found !== undefined) return found;
  }
  return undefined;
}
