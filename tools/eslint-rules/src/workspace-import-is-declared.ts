import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TSESTree } from '@typescript-eslint/utils';
import { constantText, type HouseRule } from './ast.ts';

interface Manifest {
  readonly name?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/**
 * A project that imports another of the workspace says so in its package.json: Nx orders builds and hashes caches by
 * what stands there, and npm links every workspace package, so an import that is not declared works until it does not.
 */
export const workspaceImportIsDeclared: HouseRule = {
  defaultOptions: [],
  meta: {
    type: 'problem',
    schema: [],
    docs: { description: "An imported workspace package is among the project's dependencies." },
    messages: {
      undeclared: "'{{name}}' is imported and not declared: add it to the dependencies of {{project}}'s package.json.",
    },
  },
  create(context) {
    const manifest = nearestManifest(dirname(context.filename));

    function check(node: TSESTree.Node | null | undefined) {
      const name = /^@plinth\/[^/]+/.exec(constantText(node) ?? '')?.[0];
      if (node === null || node === undefined || name === undefined || name === manifest.name) return;
      if (manifest.dependencies?.[name] === undefined) {
        context.report({ node, messageId: 'undeclared', data: { name, project: manifest.name ?? 'the project' } });
      }
    }

    return {
      ImportDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      TSImportType: (node) => check(node.source),
    };
  },
};

function nearestManifest(folder: string): Manifest {
  const file = join(folder, 'package.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  const parent = dirname(folder);
  return parent === folder ? {} : nearestManifest(parent);
}
