import type { Tree } from '@nx/devkit';
import { addEvent, addVersion, findEventSource } from './event-source.ts';
import { topicOf } from './feature.generator.ts';
import { entityNames } from './names.ts';
import { parseFields, payloadField } from './payload.ts';
import { knownServices } from './registrations.ts';

export interface EventOptions {
  readonly type: string;
  readonly app: string;
  readonly fields?: string;
}

/** `nx g @plinth/tools:event TYPE --app=APP --fields=...`: version 1 of a type, or the version after its newest. What tells it is for the service's code. */
export default function event(tree: Tree, { type, app, fields: text = '' }: EventOptions): void {
  const [aggregate = '', act = ''] = type.split('.');
  if (!/^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/.test(type)) throw new Error(`"${type}" is no event type: <aggregate>.<past tense>, as note.archived`);
  if (!knownServices(tree).some(({ name }) => name === app)) throw new Error(`there is no service "${app}": --app is one of ${knownServices(tree).map(({ name }) => name).join(', ')}`);
  const fields = parseFields(text);
  const known = findEventSource(tree, type);
  if (known !== undefined) {
    if (fields.length === 0) throw new Error(`${type} is registered, version ${known.version}: say what the next one holds besides, --fields=reason:text`);
    return addVersion(tree, { type, fields }, known);
  }
  const names = entityNames(aggregate.replaceAll('_', '-'));
  const about = [payloadField(`${names.entityVar}Id`, 'uuid'), payloadField('tenantId', 'uuid')];
  addEvent(tree, {
    ...{ toldBy: null, type, topic: topicOf(tree, app), aggregateType: aggregate, file: names.plural },
    description: `${names.AnEntity} was ${act.replaceAll('_', ' ')}.`,
    fields: [...about, ...fields],
  });
}
