import { readdirSync, readFileSync } from 'node:fs';
import { eventName, field, type EventDefinition, type JsonSchema } from './event-definition.js';
import { goldenFaults, type GoldenSample } from './golden-samples.js';
import { events } from './index.js';
import { dataSchemaOf, schemaDocumentOf } from './schema-document.js';
import { shippedFaults } from './shipped-events.js';

/** The committed files of a folder; each is named by its event's name. */
function committed<T>(folder: 'schemas' | 'golden'): Map<string, T> {
  const url = new URL(`../../${folder}/`, import.meta.url);
  return new Map(readdirSync(url).map((file) => [file.slice(0, -'.json'.length), JSON.parse(readFileSync(new URL(file, url), 'utf8')) as T]));
}

const seen: EventDefinition = { type: 'sample.seen', version: 1, topic: 'plinth.sample', aggregateType: 'sample', schema: field.record({ id: field.uuid, name: field.text(100) }) };
const lockOf = (...definitions: EventDefinition[]) => new Map(definitions.map((one) => [eventName(one.type, one.version), schemaDocumentOf(one)]));

describe('the registered events', () => {
  it('are what was shipped, each in its file', () => {
    const documents = committed<JsonSchema>('schemas');
    expect(shippedFaults(documents, events)).toEqual([]);
    expect([...documents.keys()].sort()).toEqual(events.map(({ type, version }) => eventName(type, version)).sort());
  });

  it('can all be read as their newest version, as their golden files show', () => {
    expect(goldenFaults(committed<GoldenSample>('golden'), events)).toEqual([]);
  });

  it('name in ce_dataschema the document that holds their schema', () => {
    const byId = new Map([...committed<JsonSchema>('schemas').values()].map((document) => [document['$id'], document]));
    for (const event of events) {
      expect(byId.get(dataSchemaOf(event.type, event.version))).toMatchObject({ title: eventName(event.type, event.version), 'x-topic': event.topic, properties: event.schema['properties'] });
    }
  });
});

describe('shippedFaults', () => {
  it('names the event, the field and what to do instead, in one line', () => {
    const narrowed = { ...seen, schema: field.record({ id: field.uuid, name: field.text(50) }) };
    expect(shippedFaults(lockOf(seen), [narrowed])).toEqual(['sample.seen.v1 /name: maxLength 100 -> 50; a shipped version never changes: make a v2']);
  });

  it('takes the next version after the newest', () => {
    const changed = { ...seen, schema: field.record({ id: field.uuid }) };
    expect(shippedFaults(lockOf(seen), [changed, { ...seen, version: 2 }])).toEqual([expect.stringMatching(/^sample\.seen\.v1 \/name: was removed; .*make a v3$/)]);
  });

  it.each([
    ['topic', { topic: 'plinth.other' }, 'sample.seen.v1 /: x-topic "plinth.sample" -> "plinth.other"'],
    ['aggregate', { aggregateType: 'other' }, 'sample.seen.v1 /: x-aggregate-type "sample" -> "other"'],
  ])('holds the %s too', (_, change, line) => {
    expect(shippedFaults(lockOf(seen), [{ ...seen, ...change }])).toEqual([expect.stringContaining(line)]);
  });

  it('misses an event that was shipped', () => {
    expect(shippedFaults(lockOf(seen), [{ ...seen, version: 2 }])).toEqual([expect.stringMatching(/^sample\.seen\.v1 \/: was shipped and is not registered/)]);
  });

  it('lets a new version and a new description pass', () => {
    expect(shippedFaults(lockOf(seen), [{ ...seen, description: 'Someone has seen it.' }, { ...seen, version: 2, schema: {} }])).toEqual([]);
  });
});
