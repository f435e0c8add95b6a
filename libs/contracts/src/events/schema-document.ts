import { eventName, type EventDefinition, type JsonSchema } from './event-definition.js';

/** An event's `ce_dataschema`: a URN, since no host serves the schema to every installation. It is the `$id` of the schema's document. */
export function dataSchemaOf(type: string, version: number): string {
  return `urn:plinth:event:${type}:v${version}`;
}

/** The event's schema as a document of its own: what `libs/contracts/schemas/<type>.v<version>.json` holds. */
export function schemaDocumentOf({ type, version, topic, aggregateType, description, schema }: EventDefinition): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: dataSchemaOf(type, version),
    title: eventName(type, version),
    ...(description === undefined ? {} : { description }),
    'x-topic': topic,
    'x-aggregate-type': aggregateType,
    ...schema,
  };
}
