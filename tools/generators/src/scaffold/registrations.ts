import type { Tree } from '@nx/devkit';
import type { EntityNames } from './names.ts';
import { addImport, addNames, appendToList } from './source-text.ts';

/** Where a service and its features are known outside their own folder. All of it is data. */
const places = {
  services: 'libs/contracts/src/services.ts',
  topics: 'libs/contracts/src/topics.ts',
  capabilities: 'libs/contracts/src/capabilities.ts',
  flows: 'libs/contracts/src/events/event-flow.ts',
  dataMap: 'libs/contracts/src/personal-data/data-map.ts',
  events: 'libs/contracts/src/events/index.ts',
  features: 'libs/contracts/src/analytics/features.ts',
  creations: 'libs/contracts/src/analytics/created-things.ts',
  contracts: 'libs/contracts/src/index.ts',
  routes: 'apps/gateway/src/routing/route-table.ts',
  rightfulCalls: 'apps/platform-e2e/src/access/rightful-calls.ts',
  readme: 'README.md',
};

/** PostgreSQL's and Kafka's ports begin there (contract: "Commands"). */
const firstServerOffset = 100;
/** Those before it are the suite's own. */
const firstLaterOffset = 6;

export interface KnownService {
  readonly name: string;
  readonly schema: string;
  readonly portOffset: number;
}

export function knownServices(tree: Tree): readonly KnownService[] {
  const entries = textOf(tree, places.services).matchAll(/\{ name: '([^']+)', schema: '([^']+)', portOffset: (\d+) \}/g);
  return [...entries].map(([, name = '', schema = '', offset]) => ({ name, schema, portOffset: Number(offset) }));
}

/** @returns its port's offset. @throws Error where the name or the schema is taken, or no port is left */
export function registerService(tree: Tree, { name, schema, topic, does }: { name: string; schema: string; topic: string; does: string }): number {
  const known = knownServices(tree);
  if (known.some((service) => service.name === name) || tree.exists(`apps/${name}`)) throw new Error(`there is a service "${name}" already`);
  if (known.some((service) => service.schema === schema)) throw new Error(`the schema "${schema}" is another service's: give one, --schema=...`);
  const taken = new Set(known.map(({ portOffset }) => portOffset));
  const portOffset = Array.from({ length: firstServerOffset - firstLaterOffset }, (_, index) => firstLaterOffset + index).find((offset) => !taken.has(offset));
  if (portOffset === undefined) throw new Error('no port is left below those of PostgreSQL and Kafka');
  change(tree, places.services, (text) => appendToList(text, 'const all = [', `{ name: '${name}', schema: '${schema}', portOffset: ${portOffset} }`));
  if (!textOf(tree, places.topics).includes(`'${topic}'`)) {
    change(tree, places.topics, (text) => appendToList(text, 'export const topics: readonly TopicDefinition[] = [', `{ name: '${topic}', partitions: 6, retentionMs: 14 * dayMs }`));
  }
  const own = `${propertyOf(name)}: { ...ownTables, ...idempotencyTables }`;
  change(tree, places.dataMap, (text) => appendToList(text, 'export const dataMap: Readonly<Record<ServiceName, SchemaData>> = {', own));
  change(tree, places.readme, (text) => text.replace(/^\| \[platform-e2e\]/m, `| [${name}](apps/${name}) | ${does} | \`${schema}\` |\n$&`));
  return portOffset;
}

/** @throws Error where a route of the suite has this path, or a capability this name */
export function registerFeature(tree: Tree, app: string, { entity, plural, pluralText, snake }: EntityNames): void {
  if (textOf(tree, places.routes).includes(`'/v1/${plural}'`)) throw new Error(`/v1/${plural} is a route already: choose another entity`);
  if (textOf(tree, places.capabilities).includes(`'${snake}.read'`)) throw new Error(`there is a capability ${snake}.read already: choose another entity than "${entity}"`);
  const grants = { read: `'owner', 'admin', 'member', 'viewer'`, create: `'owner', 'admin', 'member'`, update: `'owner', 'admin', 'member'` };
  for (const [act, roles] of Object.entries(grants)) {
    change(tree, places.capabilities, (text) => appendToList(text, 'const tenant = {', `'${snake}.${act}': [${roles}]`));
  }
  const routes = [['GET', ''], ['POST', ''], ['GET', '/{id}'], ['PATCH', '/{id}']] as const;
  for (const [method, rest] of routes) {
    change(tree, places.routes, (text) => appendToList(text, 'export const routeTable: readonly GatewayRoute[] = [', `route('${method}', '/v1/${plural}${rest}', '${app}', 'principal')`));
  }
  const feature = `${plural.replaceAll('-', '_')}: { what: '${pluralText.charAt(0).toUpperCase()}${pluralText.slice(1)}', routes: ['/v1/${plural}/*'] }`;
  change(tree, places.features, (text) => appendToList(text, 'const features = {', feature));
  const uncounted = `'${snake}.created': 'not counted yet: have a handler of tenant-service count it, or say here why it is not to be'`;
  change(tree, places.creations, (text) => appendToList(text, 'export const uncountedCreations: Readonly<Record<string, string>> = {', uncounted));
  // How the test that calls every route as every caller calls these.
  const calls = [`'GET /v1/${plural}': { status: 200 }`, `'POST /v1/${plural}': { status: 201, body: { name: 'May I?' } }`, `'GET /v1/${plural}/{id}': { status: 404, ...nothing }`, `'PATCH /v1/${plural}/{id}': { status: 404, ...nothing, body: { name: 'May I?' } }`];
  for (const call of calls) change(tree, places.rightfulCalls, (text) => appendToList(text, 'this.recipes = {', call));
  const table = `${snake}: { personal: { organisation: ['name'] }, impersonal: { 'whose row it is, its version and times': ['id', 'tenant_id', 'version', 'created_at', 'updated_at'] } }`;
  change(tree, places.dataMap, (text) => appendToList(text, `  ${propertyOf(app)}: {`, table));
  change(tree, places.flows, (text) => {
    const opening = `'audit.recorded': { producers: [`;
    const audited = text.slice(text.indexOf(opening) + opening.length);
    return audited.slice(0, audited.indexOf(']')).includes(`'${app}'`) ? text : appendToList(text, opening, `'${app}'`);
  });
}

/**
 * @param toldBy the service whose code tells it; a test holds this against the code, so null until there is such code
 * @param file of the definition, below `events/`
 */
export function registerEvent(tree: Tree, { toldBy, type, className, file }: { toldBy: string | null; type: string; className: string; file: string }): void {
  change(tree, places.events, (text) => appendToList(addNames(text, 'import', [className], `./${file}.js`), 'export const events: readonly EventDefinition[] = [', className));
  change(tree, places.contracts, (text) => addNames(text, 'export', [className, `type ${className}Payload`], `./events/${file}.js`));
  change(tree, places.flows, (text) => {
    if (text.includes(`'${type}':`)) return text;
    return appendToList(text, 'export const eventFlows: Readonly<Record<string, EventFlow>> = {', `'${type}': { producers: [${toldBy === null ? '' : `'${toldBy}'`}], consumers: [] }`);
  });
}

/** Adds the feature's module, entity and migration to its service. @throws Error where the service is built otherwise */
export function wireFeature(tree: Tree, app: string, { entity, Entity, plural, pluralVar, Plural }: EntityNames, migrationFile: string): void {
  change(tree, `apps/${app}/src/app.module.ts`, (text) => {
    const withEntity = appendToList(text, 'entities: [', Entity);
    const withModule = appendToList(withEntity, '      imports: [', `${Plural}Module`);
    const entityImport = addImport(withModule, `import { ${Entity} } from './${plural}/${entity}.entity.js';`);
    return addImport(entityImport, `import { ${Plural}Module } from './${plural}/${plural}.module.js';`);
  });
  change(tree, `apps/${app}/src/migrations/index.ts`, (text) => {
    const listed = appendToList(text, 'export const migrations: readonly Migration[] = [', pluralVar);
    return addImport(listed, `import { ${pluralVar} } from './${migrationFile}.js';`);
  });
}

/** A service's name as a key of an object. */
function propertyOf(name: string): string {
  return name.includes('-') ? `'${name}'` : name;
}

export function textOf(tree: Tree, path: string): string {
  const text = tree.read(path, 'utf8');
  if (text === null) throw new Error(`${path} is not there`);
  return text;
}

function change(tree: Tree, path: string, edit: (text: string) => string): void {
  try {
    tree.write(path, edit(textOf(tree, path)));
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
}
