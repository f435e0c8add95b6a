import { join } from 'node:path';
import { generateFiles, type Tree } from '@nx/devkit';
import { addEvent } from './event-source.ts';
import { classNameOf, entityNames } from './names.ts';
import { payloadField } from './payload.ts';
import { knownServices, registerFeature, textOf, wireFeature } from './registrations.ts';

export interface FeatureOptions {
  readonly entity: string;
  readonly app: string;
  readonly plural?: string;
}

/** `nx g @plinth/tools:feature ENTITY --app=APP`: routes, table, events, tests, and their places in contracts and gateway. */
export default function feature(tree: Tree, { entity, app, plural }: FeatureOptions): void {
  const names = entityNames(entity, plural);
  const service = knownServices(tree).find(({ name }) => name === app);
  if (service === undefined) throw new Error(`there is no service "${app}": --app is one of ${knownServices(tree).map(({ name }) => name).join(', ')}`);
  requireUsual(tree, app);
  registerFeature(tree, app, names);
  const topic = topicOf(tree, app);
  const about = [payloadField(`${names.entityVar}Id`, 'uuid'), payloadField('tenantId', 'uuid')];
  const common = { toldBy: app, topic, aggregateType: names.snake, file: names.plural };
  addEvent(tree, { ...common, type: `${names.snake}.created`, description: `${names.AnEntity} was made.`, fields: about });
  addEvent(tree, { ...common, type: `${names.snake}.updated`, description: `${names.AnEntity} was changed; the payload names the fields, never their values.`, fields: [...about, payloadField('changed', 'texts')] });

  const number = nextMigration(tree, app);
  const values = { ...names, app, App: classNameOf(app), schema: service.schema, number };
  generateFiles(tree, join(import.meta.dirname, 'files/feature'), `apps/${app}/src/${names.plural}`, values);
  generateFiles(tree, join(import.meta.dirname, 'files/migration'), `apps/${app}/src/migrations`, values);
  wireFeature(tree, app, names, `${number}-${names.plural}`);
}

/** The topic of a service's own events, named after it. @throws Error where it has none */
export function topicOf(tree: Tree, app: string): string {
  const topic = `plinth.${app.replace(/-service$/, '')}`;
  if (!textOf(tree, 'libs/contracts/src/topics.ts').includes(`'${topic}'`)) throw new Error(`there is no topic ${topic} for the events of ${app}: add it to libs/contracts/src/topics.ts`);
  return topic;
}

/** What a feature leans on; services that were not made by `:service` may lack some of it. */
function requireUsual(tree: Tree, app: string): void {
  const needs = [
    ['src/testing.ts', 'export function bootService()', 'by which its tests call it'],
    ['src/config.ts', 'cursorSecrets', 'for its list'],
    ['src/app.module.ts', 'entities: [', 'where its entity goes'],
  ] as const;
  for (const [file, text, why] of needs) {
    if (!textOf(tree, `apps/${app}/${file}`).includes(text)) throw new Error(`apps/${app}/${file} has no "${text}", ${why}: see how a service that :service makes has it`);
  }
}

function nextMigration(tree: Tree, app: string): string {
  const numbers = tree.children(`apps/${app}/src/migrations`).map((name) => Number(/^(\d{4})-/.exec(name)?.[1] ?? 0));
  return String(Math.max(0, ...numbers) + 1).padStart(4, '0');
}
