import ts from 'typescript';
import { hasBody, type FunctionWithBody, type Workspace } from './workspace.ts';

/** Finds the functions that a member of an interface, or of an abstract class, stands for. */
export class Implementors {
  private readonly bySymbol = new Map<ts.Symbol, ts.ClassLikeDeclaration[]>();

  constructor(workspace: Workspace) {
    const { checker } = workspace;
    for (const file of workspace.files) {
      for (const node of workspace.nodesOf(file)) {
        if (!ts.isClassLike(node)) continue;
        for (const { expression } of (node.heritageClauses ?? []).flatMap(({ types }) => types)) {
          const symbol = workspace.symbolAt(expression) ?? checker.getTypeAtLocation(expression).symbol;
          if (symbol !== undefined) this.bySymbol.set(symbol, [...(this.bySymbol.get(symbol) ?? []), node]);
        }
      }
    }
  }

  /** The bodies behind a signature without one; none where nobody of ours implements it. */
  of(declaration: ts.SignatureDeclaration): readonly FunctionWithBody[] {
    const owner = declaration.parent as ts.Node | undefined;
    const name = declaration.name?.getText();
    if (owner === undefined || name === undefined || !(ts.isInterfaceDeclaration(owner) || ts.isClassLike(owner))) return [];
    const symbol = (owner as { readonly symbol?: ts.Symbol }).symbol;
    const classes = symbol === undefined ? [] : (this.bySymbol.get(symbol) ?? []);
    return classes.flatMap(({ members }): ts.Node[] => members.filter((member) => member.name?.getText() === name)).filter(hasBody);
  }
}
