import { readFileSync } from 'node:fs';
import { eventFlows, eventName, events, type JsonSchema } from '@plinth/contracts';
import { Ajv } from 'ajv';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { CloudEvent, Kafka as CloudEventsKafka } from 'cloudevents';
import fc from 'fast-check';
import { newId } from '@plinth/kernel';
import { decodeEvent, encodeEvent, UndecodableEvent, type EventEnvelope } from './cloud-events.js';

interface AsyncApi {
  readonly components: { readonly messages: Readonly<Record<string, { readonly headers: JsonSchema }>> };
}

const event: EventEnvelope = {
  id: '0197a4c2-0000-7000-8000-00000000000a',
  source: 'plinth/tenant-service',
  type: 'tenant.updated',
  version: 2,
  aggregateType: 'tenant',
  aggregateId: '0197a4c2-0000-7000-8000-00000000000b',
  time: new Date('2026-11-22T08:00:00.123Z'),
  tenantId: '0197a4c2-0000-7000-8000-00000000000b',
  sequence: '7',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
};

/** The message as a consumer gets it from Kafka: bytes everywhere. */
function received(changes: { headers?: Record<string, string | Buffer | undefined>; value?: Buffer | null } = {}) {
  const { value, headers } = encodeEvent(event, '{"a": 1}');
  const bytes = Object.entries({ ...headers, ...changes.headers }).filter(([, one]) => one !== undefined);
  return {
    value: changes.value === undefined ? Buffer.from(value) : changes.value,
    headers: Object.fromEntries(bytes.map(([name, one]) => [name, typeof one === 'string' ? Buffer.from(one) : one])),
  };
}

function codeOf(message: ReturnType<typeof received>): string {
  try {
    decodeEvent(message);
  } catch (error) {
    if (error instanceof UndecodableEvent) return error.code;
    throw error;
  }
  return 'decoded';
}

describe('encodeEvent', () => {
  it('writes the headers of the contract', () => {
    expect(encodeEvent(event, '{}')).toEqual({
      key: event.aggregateId,
      value: '{}',
      headers: {
        ce_specversion: '1.0',
        ce_id: event.id,
        ce_source: 'plinth/tenant-service',
        ce_type: 'tenant.updated.v2',
        ce_time: '2026-11-22T08:00:00.123Z',
        ce_subject: event.aggregateId,
        ce_dataschema: 'urn:plinth:event:tenant.updated:v2',
        'content-type': 'application/json',
        ce_sequence: '7',
        ce_eventversion: '2',
        ce_aggregatetype: 'tenant',
        ce_tenantid: event.tenantId,
        ce_traceparent: event.traceparent,
      },
    });
  });

  it('leaves out the extensions that the event does not have', () => {
    const { headers } = encodeEvent({ ...event, sequence: null, tenantId: null, traceparent: null }, '{}');
    expect(Object.keys(headers)).not.toEqual(expect.arrayContaining([expect.stringMatching(/ce_(sequence|tenantid|traceparent)/)]));
  });

  it.each(events.map(({ type, version }) => [eventName(type, version), type, version] as const))('names the committed schema of %s', (name, type, version) => {
    const file = new URL(`../../contracts/schemas/${name}.json`, import.meta.url);
    const { $id } = JSON.parse(readFileSync(file, 'utf8')) as { readonly $id: string };
    expect(encodeEvent({ ...event, type, version }, '{}').headers['ce_dataschema']).toBe($id);
  });

  describe.each(events.map((definition) => [eventName(definition.type, definition.version), definition] as const))('of %s', (name, definition) => {
    const { components } = JSON.parse(readFileSync(new URL('../../../docs/asyncapi.json', import.meta.url), 'utf8')) as AsyncApi;
    const described = components.messages[name]?.headers ?? {};
    const isDescribed = new Ajv({ formats: fullFormats }).compile(described);
    const { type, version, aggregateType } = definition;
    const full = { ...event, source: `plinth/${eventFlows[type]?.producers[0]}`, type, version, aggregateType };

    it.each([
      ['all that it can have', full],
      ['what it has at least', { ...full, sequence: null, tenantId: null, traceparent: null }],
    ])('writes the headers that the AsyncAPI document describes: %s', (_, envelope) => {
      const { headers } = encodeEvent(envelope, '{}');
      expect(isDescribed(headers)).toBe(true);
      expect(Object.keys(described['properties'] as object)).toEqual(expect.arrayContaining(Object.keys(headers)));
    });

    it('is told apart from what is not described', () => {
      for (const change of [{ source: 'plinth/stranger' }, { sequence: '-1' }, { version: version + 1 }, { aggregateType: 'other' }]) {
        expect(isDescribed(encodeEvent({ ...full, ...change }, '{}').headers)).toBe(false);
      }
    });
  });

  it('is read by the official CloudEvents SDK as the same event', () => {
    const message = encodeEvent(event, '{"changed": ["name"]}');
    const read = CloudEventsKafka.toEvent({ ...message, body: message.value }) as CloudEvent<unknown>;
    expect(read.validate()).toBe(true);
    expect(read.toJSON()).toMatchObject({
      specversion: '1.0',
      id: event.id,
      source: event.source,
      type: 'tenant.updated.v2',
      time: '2026-11-22T08:00:00.123Z',
      subject: event.aggregateId,
      dataschema: 'urn:plinth:event:tenant.updated:v2',
      datacontenttype: 'application/json',
      sequence: '7',
      eventversion: '2',
      aggregatetype: 'tenant',
      tenantid: event.tenantId,
      traceparent: event.traceparent,
      data: { changed: ['name'] },
    });
  });
});

describe('decodeEvent', () => {
  it('reads back every event that encodeEvent writes', () => {
    const envelopes = fc.record({
      id: fc.constant(null).map(() => newId()),
      source: fc.string({ unit: 'grapheme', minLength: 1 }),
      type: fc.stringMatching(/^[a-z][a-z0-9_]{0,20}\.[a-z][a-z0-9_]{0,20}$/),
      version: fc.integer({ min: 1, max: 999_999 }),
      aggregateType: fc.stringMatching(/^[a-z_]{1,20}$/),
      aggregateId: fc.uuid(),
      time: fc.date({ noInvalidDate: true, min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T00:00:00Z') }),
      tenantId: fc.option(fc.uuid()),
      sequence: fc.option(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String)),
      traceparent: fc.option(fc.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)),
    });
    fc.assert(
      fc.property(envelopes, fc.jsonValue(), (envelope, payload) => {
        const { value, headers } = encodeEvent(envelope, JSON.stringify(payload));
        const bytes = Object.fromEntries(Object.entries(headers).map(([name, one]) => [name, Buffer.from(one)]));
        expect(decodeEvent({ value: Buffer.from(value), headers: bytes })).toEqual({ ...envelope, payload: JSON.parse(value) as unknown });
      }),
    );
  });

  it.each([
    ['all attributes', event],
    ['those alone that every event has', { ...event, sequence: null, tenantId: null, traceparent: null }],
    ['the largest sequence', { ...event, sequence: String(2n ** 63n - 1n) }],
    ['a source that is no ASCII', { ...event, source: 'plinth/prüfer ✓' }],
  ])('reads what the official CloudEvents SDK writes of an event that it read: %s', (_, envelope) => {
    const written = encodeEvent(envelope, '{"changed":["name"]}');
    const again = CloudEventsKafka.binary(CloudEventsKafka.toEvent({ ...written, body: written.value }) as CloudEvent<unknown>);
    // What the SDK tells twice (content type and key), and what is not there.
    const repeated = ['ce_datacontenttype', 'ce_partitionkey'];
    const headers = Object.entries(again.headers as Record<string, string | undefined>).filter(([name, value]) => !repeated.includes(name) && value !== undefined);
    expect({ key: again.key, headers: Object.fromEntries(headers) }).toEqual({ key: written.key, headers: written.headers });
    const bytes = Object.fromEntries(headers.map(([name, value]) => [name, Buffer.from(value ?? '')]));
    expect(decodeEvent({ value: Buffer.from(JSON.stringify(again.value)), headers: bytes })).toEqual({ ...envelope, payload: { changed: ['name'] } });
  });

  it('reads a message of the SDK that has no extension of ours', () => {
    const { id, source, type, version, aggregateId } = event;
    const written = CloudEventsKafka.binary(
      new CloudEvent({ id, source, type: `${type}.v${version}`, subject: aggregateId, time: event.time.toISOString(), datacontenttype: 'application/json; charset=utf-8', data: [1] }),
    );
    const headers = Object.fromEntries(Object.entries(written.headers as Record<string, string | undefined>).map(([name, value]) => [name, value === undefined ? undefined : Buffer.from(value)]));
    const value = Buffer.from(JSON.stringify(written.value));
    expect(decodeEvent({ value, headers })).toMatchObject({ id, source, type, version, aggregateId, payload: [1], tenantId: null, sequence: null });
  });

  it.each([
    ['missing_ce_specversion', { headers: { ce_specversion: undefined } }],
    ['unsupported_specversion', { headers: { ce_specversion: '0.3' } }],
    ['missing_ce_id', { headers: { ce_id: undefined } }],
    ['malformed_ce_id', { headers: { ce_id: '1 OR 1=1' } }],
    ['missing_ce_type', { headers: { ce_type: undefined } }],
    ['malformed_ce_type', { headers: { ce_type: 'tenant.updated' } }],
    ['malformed_ce_type', { headers: { ce_type: 'tenant.updated.v0' } }],
    ['missing_ce_source', { headers: { ce_source: undefined } }],
    ['missing_ce_subject', { headers: { ce_subject: undefined } }],
    ['malformed_ce_time', { headers: { ce_time: 'yesterday' } }],
    ['missing_content_type', { headers: { 'content-type': undefined } }],
    ['unsupported_content_type', { headers: { 'content-type': 'application/jsonlines' } }],
    ['malformed_ce_tenantid', { headers: { ce_tenantid: '42' } }],
    ['malformed_ce_sequence', { headers: { ce_sequence: '-1' } }],
    ['malformed_header', { headers: { ce_source: Buffer.from([0xff]) } }],
    ['missing_value', { value: null }],
    ['malformed_json', { value: Buffer.from('{"a":') }],
    ['malformed_json', { value: Buffer.from('') }],
    ['malformed_utf8', { value: Buffer.from([0x22, 0xc3, 0x28, 0x22]) }],
  ] as const)('refuses a message with %s', (code, changes) => {
    expect(codeOf(received(changes))).toBe(code);
  });

  it('says nothing of the payload in its error', () => {
    const message = received({ value: Buffer.from('{"email": "a@b.example"') });
    expect(() => decodeEvent(message)).toThrow(/^malformed_json$/);
    expect(() => decodeEvent(message)).not.toThrow(/example/);
  });
});
