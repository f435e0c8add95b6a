import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { capabilities, events, type JsonSchema } from '@plinth/contracts';
import { Logger } from '@plinth/logging';
import { readGraph } from './graph/read-graph.ts';
import { configClassIn, sampleConfig } from './loading/sample-config.ts';
import { productFiles } from './source/workspace.ts';
import type { AuditTarget, GatewayEntry, TargetApp } from './target.ts';

export const repositoryRoot = resolve(import.meta.dirname, '../../..');

/** As an app's module exports it: the application for a configuration, with nothing but defaults besides. */
interface AppModule {
  forConfig(config: object, logger: Logger): Parameters<typeof readGraph>[1];
}

const gatewayTable = 'apps/gateway/src/routing/route-table.ts';

/** The product itself: every app of `apps/` that has a module, every library, the gateway's table, the contracts. */
export async function repository(): Promise<AuditTarget> {
  const apps: TargetApp[] = [];
  for (const name of readdirSync(join(repositoryRoot, 'apps')).sort()) {
    const folder = `apps/${name}/src`;
    if (existsSync(join(repositoryRoot, folder, 'app.module.ts'))) apps.push(await loadApp(repositoryRoot, name, folder));
  }
  const { routeTable } = (await load(gatewayTable)) as unknown as { readonly routeTable: readonly GatewayEntry[] };
  return {
    name: 'plinth',
    root: repositoryRoot,
    apps,
    audited: productFiles(repositoryRoot, '{apps,libs}/*/src/**/*.ts'),
    libraries: [],
    gatewayTable: { file: gatewayTable, entries: routeTable },
    capabilityGrants: Object.fromEntries(Object.entries(capabilities).map(([capability, { grants }]) => [capability, grants])),
    events,
    shipped: shippedSchemas(join(repositoryRoot, 'libs/contracts/schemas')),
    lintedAs: (file) => file,
  };
}

/** The lock of event versions (ADR 0020): a document for each that was shipped. */
function shippedSchemas(folder: string): ReadonlyMap<string, JsonSchema> {
  const names = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return new Map(names.map((file) => [file.replace(/\.json$/, ''), JSON.parse(readFileSync(join(folder, file), 'utf8')) as JsonSchema]));
}

/** An app's module graph, made for a configuration of samples. */
export async function loadApp(root: string, name: string, folder: string): Promise<TargetApp> {
  const { AppModule } = (await import(pathToFileURL(join(root, folder, 'app.module.ts')).href)) as { readonly AppModule: AppModule };
  const Config = configClassIn((await import(pathToFileURL(join(root, folder, 'config.ts')).href)) as Record<string, unknown>);
  if (Config === undefined) throw new Error(`${folder}/config.ts exports no configuration class`);
  const logger = Logger.create({ service: name, level: 'silent', format: 'json' });
  return { name, folder, graph: await readGraph(name, AppModule.forConfig(sampleConfig(Config), logger)) };
}

async function load(file: string): Promise<Record<string, unknown>> {
  return (await import(pathToFileURL(join(repositoryRoot, file)).href)) as Record<string, unknown>;
}
