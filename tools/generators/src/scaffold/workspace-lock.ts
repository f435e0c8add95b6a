import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tree } from '@nx/devkit';
import { textOf } from './registrations.ts';

interface LockFile {
  packages: Record<string, object>;
}

/**
 * Notes a new package of the workspace in `package-lock.json`, as `npm install` would: without it `npm ci` refuses.
 *
 * @param folder e.g. `apps/notes`
 * @returns what makes of an installation that was complete one that is complete still; run it when the files are written
 */
export function lockPackage(tree: Tree, folder: string): () => void {
  const { name, version, dependencies } = JSON.parse(textOf(tree, `${folder}/package.json`)) as { name: string; version: string; dependencies: object };
  const before = textOf(tree, 'package-lock.json');
  const lock = JSON.parse(before) as LockFile;
  lock.packages[folder] = { name, version, dependencies };
  lock.packages[`node_modules/${name}`] = { resolved: folder, link: true };
  const sorted = Object.entries(lock.packages).sort(([one], [other]) => one.localeCompare(other, 'en'));
  const after = `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`;
  tree.write('package-lock.json', after);
  return () => {
    const stamp = join(tree.root, 'node_modules/.plinth-package-lock.json');
    if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== before) return;
    const link = join(tree.root, 'node_modules', name);
    if (!existsSync(link)) symlinkSync(join('../..', folder), link);
    writeFileSync(stamp, after);
  };
}
