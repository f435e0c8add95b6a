import { join } from 'node:path';
import { generateFiles, type Tree } from '@nx/devkit';
import feature from './feature.generator.ts';
import { classNameOf, entityNames, entityOfService, requireKebab, snakeOf } from './names.ts';
import { registerService } from './registrations.ts';
import { lockPackage } from './workspace-lock.ts';

export interface ServiceGeneratorOptions {
  readonly name: string;
  readonly entity?: string;
  readonly plural?: string;
  readonly schema?: string;
}

/** `nx g @plinth/tools:service NAME`: an app that is complete, and known to all that runs, checks or documents services. */
export default function service(tree: Tree, { name, entity = entityOfService(name), plural, schema = snakeOf(name.replace(/-service$/, '')) }: ServiceGeneratorOptions): () => void {
  requireKebab('service', name);
  requireKebab('schema', schema.replaceAll('_', '-'));
  const names = entityNames(entity, plural);
  const topic = `plinth.${name.replace(/-service$/, '')}`;
  registerService(tree, { name, schema, topic, does: `keeps a tenant's ${names.pluralText}` });
  generateFiles(tree, join(import.meta.dirname, 'files/service'), `apps/${name}`, { ...names, app: name, App: classNameOf(name), schema, topic });
  feature(tree, { entity, app: name, plural: names.plural });
  return lockPackage(tree, `apps/${name}`);
}
