import { createHash, type Hash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repoRoot } from './paths.ts';

/** What a service runs on besides its own files. */
const sharedFiles = ['package-lock.json'];

/**
 * A hash of all that a service would run if it started now: its build and those of the workspace
 * libraries it reaches, the installed packages, and `configuration` (flags, environment, contents of secrets).
 */
export function serviceFingerprint(service: string, configuration: unknown): string {
  const hash = createHash('sha256').update(JSON.stringify(configuration));
  for (const folder of ['apps/' + service, ...reachableLibraries('apps/' + service)].sort()) {
    hash.update(folder);
    hashBuild(hash, join(repoRoot, folder, 'dist'));
  }
  for (const file of sharedFiles) hash.update(readFileSync(join(repoRoot, file)));
  return hash.digest('hex');
}

/** The build alone: what decides whether a service's migrations have to run again. */
export function buildFingerprint(service: string): string {
  return serviceFingerprint(service, null);
}

function reachableLibraries(folder: string, found = new Set<string>()): string[] {
  const manifest = JSON.parse(readFileSync(join(repoRoot, folder, 'package.json'), 'utf8')) as { dependencies?: Record<string, string> };
  for (const name of Object.keys(manifest.dependencies ?? {})) {
    const library = name.replace(/^@plinth\//, 'libs/');
    if (library === name || found.has(library)) continue;
    found.add(library);
    reachableLibraries(library, found);
  }
  return [...found];
}

/** By content, since a build taken from Nx's cache has new times. Types and maps change nothing at run time. */
function hashBuild(hash: Hash, folder: string): void {
  if (!existsSync(folder)) return;
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(d\.ts|map|tsbuildinfo)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of files) hash.update(file.slice(folder.length)).update(readFileSync(file));
}
