import ts from 'typescript';
import { catalogueLine, memberOf } from './catalogues.ts';
import { bare, hasBody, type Workspace } from './workspace.ts';

/** Who calls a function: for what is true of a parameter only where it is true of every argument. */
export class Callers {
  private byDeclaration: Map<ts.Node, ts.CallExpression[]> | undefined;

  constructor(private readonly workspace: Workspace) {}

  /** Also of the function `with` of a line in an error catalogue, which is given what the entry is called with. */
  of(declaration: ts.Node): readonly ts.CallExpression[] {
    this.byDeclaration ??= this.index();
    return this.byDeclaration.get(declaration) ?? [];
  }

  private index(): Map<ts.Node, ts.CallExpression[]> {
    const found = new Map<ts.Node, ts.CallExpression[]>();
    for (const file of this.workspace.files) {
      for (const node of this.workspace.nodesOf(file)) {
        if (!ts.isCallExpression(node)) continue;
        const declaration = this.calledBy(node);
        if (declaration !== undefined) found.set(declaration, [...(found.get(declaration) ?? []), node]);
      }
    }
    return found;
  }

  private calledBy(node: ts.CallExpression): ts.Node | undefined {
    const line = catalogueLine(this.workspace, node);
    const maker = line === undefined ? undefined : memberOf(this.workspace, line.literal, 'with');
    if (maker === undefined) return this.workspace.called(node);
    const declaration = ts.isIdentifier(maker) ? this.workspace.symbolAt(maker)?.valueDeclaration : bare(maker);
    const inner = declaration !== undefined && ts.isVariableDeclaration(declaration) && declaration.initializer !== undefined ? bare(declaration.initializer) : declaration;
    return hasBody(inner) ? inner : undefined;
  }
}
