import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type ts from 'typescript';
import { Workspace } from './source/workspace.ts';

/** A workspace of a few files, by path; gone from the disk when it has been read. */
export function workspaceOf(files: Readonly<Record<string, string>>): Workspace {
  const root = mkdtempSync(join(tmpdir(), 'plinth-workspace-'));
  try {
    copyFileSync(resolve(import.meta.dirname, '../../../tsconfig.base.json'), join(root, 'tsconfig.base.json'));
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    }
    return new Workspace(root, Object.keys(files));
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** The expression with this text that stands first in a file. */
export function expressionIn(workspace: Workspace, file: string, text: string): ts.Expression {
  const found = workspace.nodesOf(file).find((node) => node.getText() === text);
  if (found === undefined) throw new Error(`${file} has no ${text}`);
  return found as ts.Expression;
}
