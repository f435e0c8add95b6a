import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import type { Class } from '../graph/app-graph.ts';
import { hasBody, type FunctionWithBody, type Workspace } from './workspace.ts';

/** Leads from a class of the running program to its declaration in the source. */
export class Classes {
  private readonly byName = new Map<string, ts.ClassDeclaration[]>();

  constructor(private readonly workspace: Workspace) {
    for (const file of workspace.files) {
      for (const node of workspace.nodesOf(file)) {
        if (!ts.isClassDeclaration(node) || node.name === undefined) continue;
        this.byName.set(node.name.text, [...(this.byName.get(node.name.text) ?? []), node]);
      }
    }
  }

  /** @throws Error where the sources hold no such class: a dependency's controller is nobody's that could be audited */
  async declarationOf(type: Class): Promise<ts.ClassDeclaration> {
    const found = await this.find(type);
    if (found === undefined) throw new Error(`the class ${type.name} of the module graph is not in the sources that are audited`);
    return found;
  }

  /** The declaration of a class, by identity where its file exports it: several apps have an `AppModule`. */
  async find(type: Class): Promise<ts.ClassDeclaration | undefined> {
    const candidates = this.byName.get(type.name) ?? [];
    for (const candidate of candidates) {
      // It is loaded already: this only hands its exports over.
      const exports = (await import(pathToFileURL(join(this.workspace.root, this.workspace.fileOf(candidate))).href)) as Record<string, unknown>;
      if (exports[type.name] === type) return candidate;
    }
    // A class that its file keeps for itself.
    const [only, ...more] = candidates.filter((candidate) => !ts.getModifiers(candidate)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword));
    return more.length === 0 ? only : undefined;
  }
}

/** A method of the class, or of one that it extends. */
export function methodOf(workspace: Workspace, type: ts.ClassLikeDeclaration, name: string): FunctionWithBody | undefined {
  const own = type.members.find((member) => member.name?.getText() === name);
  if (hasBody(own)) return own;
  const heritage = type.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)?.types[0];
  const base = heritage === undefined ? undefined : workspace.symbolAt(heritage.expression)?.valueDeclaration;
  return base !== undefined && ts.isClassLike(base) ? methodOf(workspace, base, name) : undefined;
}
