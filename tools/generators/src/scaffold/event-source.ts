import type { Tree } from '@nx/devkit';
import { classNameOf } from './names.ts';
import { nullable, type PayloadField } from './payload.ts';
import { registerEvent, textOf } from './registrations.ts';
import { addNames, bodyOf } from './source-text.ts';

const folder = 'libs/contracts';

export interface NewEvent {
  /** The service whose code tells it; null where none does yet. */
  readonly toldBy: string | null;
  /** `note.archived` */
  readonly type: string;
  readonly topic: string;
  readonly aggregateType: string;
  /** A sentence. */
  readonly description: string;
  readonly fields: readonly PayloadField[];
  /** Of the definition, below `events/`, without its ending. */
  readonly file: string;
}

/** Where a type is defined, and its newest version. */
export interface KnownEvent {
  readonly file: string;
  readonly version: number;
}

/** The name of a version's definition: `NoteArchivedV1`. */
export function eventClass(type: string, version: number): string {
  return `${classNameOf(type.replaceAll(/[._]/g, '-'))}V${version}`;
}

export function findEventSource(tree: Tree, type: string): KnownEvent | undefined {
  const files = tree.children(`${folder}/src/events`).filter((name) => name.endsWith('.ts') && !name.endsWith('spec.ts'));
  const found = files.flatMap((name) => {
    const versions = [...textOf(tree, `${folder}/src/events/${name}`).matchAll(new RegExp(`type: '${type.replace('.', '\\.')}',\\s+version: (\\d+)`, 'g'))];
    return versions.map(([, version]) => ({ file: name.replace(/\.ts$/, ''), version: Number(version) }));
  });
  return found.sort((one, other) => other.version - one.version)[0];
}

/** Defines version 1, with its golden sample, and registers it. */
export function addEvent(tree: Tree, { toldBy, type, topic, aggregateType, description, fields, file }: NewEvent): void {
  const className = eventClass(type, 1);
  append(
    tree,
    file,
    ['defineEvent', 'field'],
    `/** What \`${type}\` tells in version 1. */
export interface ${className}Payload {
${fields.map(({ name, type: fieldType }) => `  ${name}: ${fieldType};`).join('\n')}
}

export const ${className} = defineEvent<${className}Payload>()({
  type: '${type}',
  version: 1,
  topic: '${topic}',
  aggregateType: '${aggregateType}',
  description: '${description.replaceAll("'", "\\'")}',
  schema: field.record({ ${fields.map(({ name, schema }) => `${name}: ${schema}`).join(', ')} }),
});
`,
  );
  registerEvent(tree, { toldBy, type, className, file });
  writeGolden(tree, type, 1, { payload: sampleOf(fields) });
}

/**
 * Defines the version after the newest: its fields and further ones, which are null in what an older version told.
 *
 * @throws Error where the newest is not written in the usual way
 */
export function addVersion(tree: Tree, { type, fields }: Pick<NewEvent, 'type' | 'fields'>, { file, version }: KnownEvent): void {
  const before = eventClass(type, version);
  const className = eventClass(type, version + 1);
  const definition = bodyOf(textOf(tree, pathOf(file)), `export const ${before} = defineEvent`, '(');
  const payload = new RegExp(`export const ${before} = defineEvent<(\\w+)>`).exec(textOf(tree, pathOf(file)))?.[1];
  if (payload === undefined) throw new Error(`${pathOf(file)}: ${before} is not defined by defineEvent<...>()({...})`);
  const line = (name: string) => new RegExp(`^  ${name}: .*,$`, 'm').exec(definition)?.[0] ?? '';
  const further = fields.map(nullable);
  const record = bodyOf(definition, 'schema: field.record', '{').trim().replace(/,$/, '');
  append(
    tree,
    file,
    ['defineEvent', 'field', 'upcastFrom'],
    `/** What \`${type}\` tells in version ${version + 1}. */
export interface ${className}Payload {${bodyOf(textOf(tree, pathOf(file)), `export interface ${payload} `, '{').trimEnd()}
${further.map(({ name, type: fieldType }) => `  ${name}: ${fieldType};`).join('\n')}
}

export const ${className} = defineEvent<${className}Payload>()({
  type: '${type}',
  version: ${version + 1},
${['topic', 'aggregateType', 'description'].map(line).filter((text) => text !== '').join('\n')}
  schema: field.record({ ${[record, ...further.map(({ name, schema }) => `${name}: ${schema}`)].join(', ')} }),
  upcaster: upcastFrom(${before}, (payload) => ({ ...payload, ${further.map(({ name }) => `${name}: null`).join(', ')} })),
});
`,
  );
  registerEvent(tree, { toldBy: null, type, className, file });
  const nothing = Object.fromEntries(further.map(({ name }) => [name, null]));
  for (let old = 1; old <= version; old++) {
    const golden = readGolden(tree, type, old);
    writeGolden(tree, type, old, { payload: golden.payload, upcast: { ...(golden.upcast ?? golden.payload), ...nothing } });
  }
  writeGolden(tree, type, version + 1, { payload: { ...readGolden(tree, type, version).payload, ...sampleOf(fields) } });
}

interface Golden {
  readonly payload: Readonly<Record<string, unknown>>;
  readonly upcast?: Readonly<Record<string, unknown>>;
}

function append(tree: Tree, file: string, names: readonly string[], text: string): void {
  const path = pathOf(file);
  const fresh = `import { ${names.join(', ')} } from './event-definition.js';\n`;
  const before = tree.exists(path) ? addNames(textOf(tree, path), 'import', names, './event-definition.js') : fresh;
  tree.write(path, `${before.trimEnd()}\n\n${text}`);
}

function pathOf(file: string): string {
  return `${folder}/src/events/${file}.ts`;
}

function sampleOf(fields: readonly PayloadField[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(fields.map(({ name, sample }) => [name, sample]));
}

function goldenPath(type: string, version: number): string {
  return `${folder}/golden/${type}.v${version}.json`;
}

function readGolden(tree: Tree, type: string, version: number): Golden {
  return JSON.parse(textOf(tree, goldenPath(type, version))) as Golden;
}

function writeGolden(tree: Tree, type: string, version: number, golden: Golden): void {
  tree.write(goldenPath(type, version), `${JSON.stringify(golden, null, 2)}\n`);
}
