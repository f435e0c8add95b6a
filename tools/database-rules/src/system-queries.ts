import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseRules } from '@plinth/database';

/** A call that crosses tenants, with its name as it stands there: a text, or a constant of the app. */
const call = /\b(?:runSystem|readSystem)(?:<[^(]*>)?\(\s*(?:'([^']+)'|(\w+))?/g;
const constant = /\bconst (\w+) = '([^']+)';/g;

/** The names of the system queries in sources, and the calls that name none. */
export function systemQueriesIn(sources: readonly string[]): { readonly names: ReadonlySet<string>; readonly unnamed: readonly string[] } {
  const constants = new Map(sources.flatMap((source) => [...source.matchAll(constant)].map(([, name, value]) => [name, value] as const)));
  const names = new Set<string>();
  const unnamed: string[] = [];
  for (const source of sources) {
    for (const [text, literal, identifier] of source.matchAll(call)) {
      const name = literal ?? constants.get(identifier);
      if (name === undefined) unnamed.push(text);
      else names.add(name);
    }
  }
  return { names, unnamed };
}

/** Where an app's calls across tenants and the list of its rules differ. @param folder its `src` */
export function systemQueryFaults(folder: string, { systemQueries }: DatabaseRules): string[] {
  const { names, unnamed } = systemQueriesIn(productSources(folder));
  return [
    ...unnamed.map((text) => `${text}...) names its query by no constant`),
    ...[...names].filter((name) => systemQueries[name] === undefined).map((name) => `the system query ${name} is not listed`),
    ...Object.keys(systemQueries).filter((name) => !names.has(name)).map((name) => `the system query ${name} is listed and not there`),
  ];
}

function productSources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('spec.ts') && !/(^|\/)testing\.ts$/.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8'));
}
