import ts from 'typescript';
import { bare, type Workspace } from './workspace.ts';

/** A line of an error catalogue (`defineErrors`): the failure that one of its entries makes a problem of. */
export interface CatalogueLine {
  /** As it is called: `tenantErrors.notFound`. */
  readonly name: string;
  readonly literal: ts.ObjectLiteralExpression;
}

/** The line behind a call of a catalogue's entry; undefined for any other call. */
export function catalogueLine(workspace: Workspace, call: ts.CallExpression): CatalogueLine | undefined {
  const { expression } = call;
  if (!ts.isPropertyAccessExpression(expression)) return undefined;
  const declaration = workspace.symbolAt(expression.expression)?.valueDeclaration;
  const initializer = declaration !== undefined && ts.isVariableDeclaration(declaration) && declaration.initializer !== undefined ? bare(declaration.initializer) : undefined;
  if (initializer === undefined || !ts.isCallExpression(initializer) || !isDefineErrors(initializer)) return undefined;
  const [lines] = initializer.arguments;
  const property = lines !== undefined && ts.isObjectLiteralExpression(lines) ? lines.properties.find(({ name }) => name?.getText() === expression.name.text) : undefined;
  if (property === undefined || !ts.isPropertyAssignment(property) || !ts.isObjectLiteralExpression(property.initializer)) return undefined;
  return { name: expression.getText(), literal: property.initializer };
}

export function isDefineErrors(call: ts.CallExpression): boolean {
  return ts.isIdentifier(call.expression) && call.expression.text === 'defineErrors';
}

/** A member of a line, its own or of what it spreads (`{ ...providerRefused, kind: 'invalid' }`); the last one counts. */
export function memberOf(workspace: Workspace, literal: ts.ObjectLiteralExpression, name: string): ts.Expression | undefined {
  for (const property of literal.properties.toReversed()) {
    if (ts.isPropertyAssignment(property) && property.name.getText() === name) return property.initializer;
    if (ts.isShorthandPropertyAssignment(property) && property.name.text === name) return property.name;
    if (!ts.isSpreadAssignment(property)) continue;
    const declaration = workspace.symbolAt(property.expression)?.valueDeclaration;
    const spread = declaration !== undefined && ts.isVariableDeclaration(declaration) && declaration.initializer !== undefined ? bare(declaration.initializer) : undefined;
    const found = spread !== undefined && ts.isObjectLiteralExpression(spread) ? memberOf(workspace, spread, name) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
