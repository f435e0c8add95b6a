import { eventName, type EventDefinition, type JsonSchema } from './event-definition.js';
import { schemaChanges } from './schema-changes.js';
import { schemaDocumentOf } from './schema-document.js';

/**
 * Where the registered events are not what was shipped (ADR 0020): one line a fault, with the event and the field.
 *
 * @param shipped the schema documents as they were shipped, by `<type>.v<version>`; a version that is not among them is new
 */
export function shippedFaults(shipped: ReadonlyMap<string, JsonSchema>, definitions: readonly EventDefinition[]): readonly string[] {
  const current = new Map(definitions.map((definition) => [eventName(definition.type, definition.version), definition]));
  return [...shipped].flatMap(([name, document]) => {
    const definition = current.get(name);
    if (definition === undefined) return [`${name} /: was shipped and is not registered any more, but Kafka still holds it: put it back`];
    const next = 1 + Math.max(...definitions.filter(({ type }) => type === definition.type).map(({ version }) => version));
    return schemaChanges(document, schemaDocumentOf(definition)).map(
      ({ field, what }) => `${name} ${field}: ${what}; a shipped version never changes: make a v${next}`,
    );
  });
}
