import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventName, schemaDocumentOf, shippedFaults, type EventDefinition, type JsonSchema } from '@plinth/contracts';

const folder = 'libs/contracts/schemas';

export interface EventSchemaFiles {
  /** Text by path, of the versions that are new or unchanged but for their annotations. */
  readonly files: Readonly<Record<string, string>>;
  /** One line a fault; the file of a faulty version is left as it was shipped. */
  readonly faults: readonly string[];
}

/** The locks of the shipped versions, held against the registered events: they are added to, and never rewritten. */
export function eventSchemaFiles(root: string, definitions: readonly EventDefinition[]): EventSchemaFiles {
  const shipped = new Map(
    readdirSync(join(root, folder)).map((file) => [file.slice(0, -'.json'.length), JSON.parse(readFileSync(join(root, folder, file), 'utf8')) as JsonSchema]),
  );
  const faults = shippedFaults(shipped, definitions);
  const sound = definitions.filter(({ type, version }) => !faults.some((fault) => fault.startsWith(`${eventName(type, version)} `)));
  const files = sound.map((definition) => [
    `${folder}/${eventName(definition.type, definition.version)}.json`,
    `${JSON.stringify(schemaDocumentOf(definition), null, 2)}\n`,
  ]);
  return { files: Object.fromEntries(files) as Record<string, string>, faults };
}
