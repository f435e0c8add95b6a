import { existsSync, globSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { events, type EventDefinition, type Grant, type JsonSchema } from '@plinth/contracts';
import { loadApp, repositoryRoot } from './repository.ts';
import { productFiles } from './source/workspace.ts';
import type { AuditTarget, GatewayEntry } from './target.ts';

const fixturesFolder = 'tools/audit/fixtures';

/** What a fixture is measured by, in its own words. */
interface FixtureContracts {
  readonly capabilityGrants: Readonly<Record<string, readonly Grant[]>>;
  readonly events: readonly EventDefinition[];
  readonly routeTable: readonly GatewayEntry[];
  readonly shipped?: Readonly<Record<string, JsonSchema>>;
}

/**
 * The apps of a fixture as a target, each audited as if it were one of `apps/`.
 *
 * @param contracts the module of its capabilities, events and gateway table, and the file in which that table stands
 */
export async function fixture(name: string, contracts: { readonly module: string; readonly table: string }): Promise<AuditTarget> {
  const folder = `${fixturesFolder}/${name}`;
  const names = readdirSync(join(repositoryRoot, folder)).filter((app) => existsSync(join(repositoryRoot, folder, app, 'src/app.module.ts')));
  const given = (await import(pathToFileURL(join(repositoryRoot, folder, contracts.module)).href)) as FixtureContracts;
  return {
    name,
    root: repositoryRoot,
    apps: await Promise.all(names.map((app) => loadApp(repositoryRoot, app, `${folder}/${app}/src`))),
    audited: globSync(`${folder}/*/src/**/*.ts`, { cwd: repositoryRoot }).sort(),
    libraries: productFiles(repositoryRoot, 'libs/*/src/**/*.ts'),
    gatewayTable: { file: `${folder}/${contracts.table}`, entries: given.routeTable },
    capabilityGrants: given.capabilityGrants,
    events: [...events, ...given.events.filter((event) => !events.includes(event))],
    shipped: given.shipped === undefined ? undefined : new Map(Object.entries(given.shipped)),
    lintedAs: (file) => file.replace(`${folder}/`, 'apps/'),
  };
}

export const compliant = () => fixture('compliant', { module: 'notes/src/contracts.ts', table: 'notes/src/contracts.ts' });

export const violations = () => fixture('violations', { module: 'careless/src/contracts/index.ts', table: 'careless/src/contracts/route-table.ts' });
