import { topics, type TopicDefinition } from '@plinth/contracts';
import { descriptionOf } from './asyncapi.ts';
import type { CataloguedEvent } from './event-catalogue.ts';
import { deadLetterHeaders, eventHeaders } from './message-headers.ts';
import { table } from './markdown-table.ts';
import { schemaFields } from './schema-fields.ts';

const intro = `Generated from \`@plinth/contracts\` by \`make generate\`; do not edit. The same for machines: [asyncapi.json](asyncapi.json) (AsyncAPI 3.0) and the
JSON Schemas in [libs/contracts/schemas](../libs/contracts/schemas), whose \`$id\` is the message's \`ce_dataschema\`.

- Events are CloudEvents 1.0 in the binary content mode of the Kafka binding: the value is the payload, everything else is a header.
- The key is the aggregate's id, so an aggregate's events are in order; \`ce_sequence\` numbers them, and leaves out what an operator skipped.
- Delivery is at least once, with the same \`ce_id\`: drop what you have handled.
- A shipped version never changes; what is new is a new version ([ADR 0020](adr/0020-shipped-events-are-locked.md)). All fields are there unless they are
  called optional, and no other.`;

/** `docs/events.md`: every topic, its events and versions, their fields, who tells them and who handles them, with an example. */
export function eventsPage(catalogue: readonly CataloguedEvent[]): string {
  const [first] = catalogue;
  if (first === undefined) throw new Error('there is no event to document');
  const parts = ['# Events', intro, '## Topics', topicTable(catalogue), '## Headers', headerTable(first), '## Dead letters', deadLetters()];
  for (const topic of topics) {
    const events = catalogue.filter(({ definition }) => definition.topic === topic.name);
    if (events.length > 0) parts.push(`## ${topic.name}`, ...events.flatMap(eventParts));
  }
  return `${parts.join('\n\n')}\n`;
}

function topicTable(catalogue: readonly CataloguedEvent[]): string {
  const rows = topics.map((topic) => {
    const names = catalogue.filter(({ definition }) => definition.topic === topic.name).map(({ name }) => `[${name}](#${anchorOf(name)})`);
    return [`\`${topic.name}\``, String(topic.partitions), retentionOf(topic), names.join(', ') || descriptionOf(topic.name)];
  });
  return table(['topic', 'partitions', 'kept', 'what'], rows);
}

function retentionOf({ retentionMs }: TopicDefinition): string {
  return `${retentionMs / 86_400_000} d`;
}

/** Of one event for all: what differs is said in words. */
function headerTable(event: CataloguedEvent): string {
  const varying: Readonly<Record<string, string>> = {
    ce_source: '`plinth/<service>`',
    ce_type: '`<type>.v<version>`',
    ce_dataschema: '`urn:plinth:event:<type>:v<version>`',
    ce_eventversion: 'integer as text',
    ce_aggregatetype: 'text',
    ce_sequence: 'integer as text',
  };
  const rows = schemaFields(eventHeaders(event)).map(({ path, type, optional, description }) => [`\`${path}\``, varying[path] ?? type, `${optional ? 'Optional. ' : ''}${description}`]);
  return table(['header', 'value', 'meaning'], rows);
}

function deadLetters(): string {
  const rows = schemaFields(deadLetterHeaders).map(({ path, optional, description }) => [`\`${path}\``, `${optional ? 'Optional. ' : ''}${description}`]);
  return `After 5 attempts when the handler fails, after 1 when the message cannot be decoded: the original key, value and headers, and beside them\n\n${table(['header', 'meaning'], rows)}`;
}

function eventParts({ name, definition, flow, example }: CataloguedEvent): string[] {
  const handled = flow.consumers.length > 0 ? flow.consumers.join(', ') : 'none in the suite';
  const facts = [
    `Aggregate: \`${definition.aggregateType}\``,
    `Told by: ${flow.producers.join(', ')}`,
    `Handled by: ${handled}`,
    `Schema: [${name}.json](../libs/contracts/schemas/${name}.json)`,
  ];
  const fields = schemaFields(definition.schema).map(({ path, type, optional, description }) => [`\`${path}\``, type, `${optional ? 'Optional. ' : ''}${description}`]);
  return [`### ${name}`, [definition.description, ...facts].join('  \n'), table(['field', 'type', 'meaning'], fields), `\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\``];
}

/** As GitHub makes it of a heading: lower case, without dots. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replaceAll('.', '');
}
