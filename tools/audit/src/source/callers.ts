import ts from 'typescript';
import { descendants, type Workspace } from './workspace.ts';

/** Who calls a function: for what is true of a parameter only where it is true of every argument. */
export class Callers {
  private byDeclaration: Map<ts.Node, ts.CallExpression[]> | undefined;

  constructor(private readonly workspace: Workspace) {}

  of(declaration: ts.Node): readonly ts.CallExpression[] {
    this.byDeclaration ??= this.index();
    return this.byDeclaration.get(declaration) ?? [];
  }

  private index(): Map<ts.Node, ts.CallExpression[]> {
    const found = new Map<ts.Node, ts.CallExpression[]>();
    for (const file of this.workspace.files) {
      for (const node of descendants(this.workspace.source(file))) {
        if (!ts.isCallExpression(node)) continue;
        const declaration = this.workspace.called(node);
        if (declaration !== undefined) found.set(declaration, [...(found.get(declaration) ?? []), node]);
      }
    }
    return found;
  }
}
