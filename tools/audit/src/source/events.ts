import ts from 'typescript';
import { bare, type Workspace } from './workspace.ts';

/** A constant that `defineEvent` makes. */
export interface DefinedEvent {
  readonly name: string;
  readonly type: string | undefined;
  readonly version: number | undefined;
  readonly node: ts.VariableDeclaration;
}

/** Every event that the given sources define. */
export function definedEvents(workspace: Workspace, files: readonly string[]): readonly DefinedEvent[] {
  return files.flatMap((file) =>
    workspace.nodesOf(file).flatMap((node) => {
      const event = ts.isVariableDeclaration(node) ? definitionIn(workspace, node) : undefined;
      return event === undefined ? [] : [event];
    }),
  );
}

/** The definitions that an expression can be: a constant's, or by its type one of several. */
export function definitionsOf(workspace: Workspace, expression: ts.Expression): readonly Pick<DefinedEvent, 'name' | 'type' | 'version'>[] {
  const node = bare(expression);
  const declaration = workspace.symbolAt(node)?.valueDeclaration;
  const defined = declaration !== undefined && ts.isVariableDeclaration(declaration) ? definitionIn(workspace, declaration) : undefined;
  if (defined !== undefined) return [defined];
  const type = workspace.checker.getTypeAtLocation(node);
  const name = type.getProperty('type');
  const literal = name === undefined ? undefined : workspace.checker.getTypeOfSymbolAtLocation(name, node);
  return (literal?.isUnion() ? literal.types : literal === undefined ? [] : [literal]).flatMap((each) =>
    each.isStringLiteral() ? [{ name: node.getText(), type: each.value, version: undefined }] : [],
  );
}

/** `defineEvent<Payload>()({ type, version, ... })` */
function definitionIn(workspace: Workspace, node: ts.VariableDeclaration): DefinedEvent | undefined {
  const call = node.initializer === undefined ? undefined : bare(node.initializer);
  if (call === undefined || !ts.isCallExpression(call) || !ts.isCallExpression(call.expression)) return undefined;
  const maker = workspace.symbolAt(call.expression.expression)?.valueDeclaration;
  if (maker === undefined || !ts.isFunctionDeclaration(maker) || maker.name?.text !== 'defineEvent') return undefined;
  const [literal] = call.arguments;
  const member = (name: string) => (literal !== undefined && ts.isObjectLiteralExpression(literal) ? literal.properties.find((each) => each.name?.getText() === name) : undefined);
  const value = (name: string) => {
    const property = member(name);
    return property !== undefined && ts.isPropertyAssignment(property) ? property.initializer : undefined;
  };
  const [type, version] = [value('type'), value('version')];
  return {
    name: node.name.getText(),
    type: type !== undefined && ts.isStringLiteralLike(type) ? type.text : undefined,
    version: version !== undefined && ts.isNumericLiteral(version) ? Number(version.text) : undefined,
    node,
  };
}
