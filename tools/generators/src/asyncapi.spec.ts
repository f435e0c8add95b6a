import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { topics } from '@plinth/contracts';
import { Ajv } from 'ajv';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { asyncApiDocument } from './asyncapi.ts';
import { eventCatalogue } from './event-catalogue.ts';
import { deadLetterHeaders } from './message-headers.ts';

const root = resolve(import.meta.dirname, '../../..');
const catalogue = eventCatalogue(root);
const document = asyncApiDocument(catalogue);
const officialSchema = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.0.0.json') as { readonly definitions: Readonly<Record<string, object>> };

// The official schema carries draft-07 itself, which Ajv knows already.
const { ['http://json-schema.org/draft-07/schema']: _, ...definitions } = officialSchema.definitions;
const ajv = new Ajv({ strict: false, formats: fullFormats });
const isAsyncApi = ajv.compile({ ...officialSchema, $schema: 'http://json-schema.org/draft-07/schema#', definitions });

function officialViolations(value: unknown): string[] {
  return isAsyncApi(value) ? [] : (isAsyncApi.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

function* referencesIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    if (key === '$ref') yield String(member);
    else yield* referencesIn(member);
  }
}

function resolved(reference: string): unknown {
  return reference.slice(2).split('/').reduce<unknown>((value, token) => (value as Record<string, unknown> | undefined)?.[token], document);
}

describe('the AsyncAPI document', () => {
  it('is one, by the official schema of AsyncAPI 3.0', () => {
    expect(officialViolations(document)).toEqual([]);
  });

  it.each([
    ['no version', { asyncapi: undefined }],
    ['a channel that is none', { channels: { x: { partitions: 1 } } }],
    ['a binding that is none', { channels: { x: { address: 'x', bindings: { kafka: { partitions: 0, bindingVersion: '0.5.0' } } } } }],
    ['an operation without action', { operations: { x: { channel: { $ref: '#/channels/x' } } } }],
  ])('would not be one with %s', (_, change) => {
    expect(officialViolations({ ...document, ...change })).not.toEqual([]);
  });

  it('refers to nothing that is not in it', () => {
    const references = [...referencesIn(document)];
    expect(references.length).toBeGreaterThan(3 * catalogue.length);
    expect(references.filter((reference) => resolved(reference) === undefined)).toEqual([]);
  });

  it('has a channel for each topic, each message on the channel of its topic, and someone who sends it', () => {
    expect(Object.keys(document['channels'] as object)).toEqual(topics.map(({ name }) => name));
    const operations = Object.values(document['operations'] as Record<string, { action: string; messages: { $ref: string }[] }>);
    const sent = new Set(operations.filter(({ action }) => action === 'send').flatMap(({ messages }) => messages.map(({ $ref }) => $ref)));
    for (const { name, definition } of catalogue) expect(sent).toContain(`#/channels/${definition.topic}/messages/${name}`);
  });

  it('names the headers of a dead letter that the contract names', () => {
    expect(Object.keys(deadLetterHeaders['properties'] as object)).toEqual(
      expect.arrayContaining(['dlq_topic', 'dlq_partition', 'dlq_offset', 'dlq_group', 'dlq_attempts', 'dlq_error', 'dlq_failed_at']),
    );
  });
});
