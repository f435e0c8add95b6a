import { AuditRecordedV1, type AuditRecordedV1Payload } from '@plinth/contracts';
import { createKafka, encodeEvent, EventProducer, InboxTransport } from '@plinth/kafka';
import { newId } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { eventually, testKafkaBrokers } from '@plinth/testing';
import { bootAuditService, memberOf, somePayload, type AuditServiceUnderTest } from '../testing.js';

let service: AuditServiceUnderTest;
let producer: EventProducer;
beforeAll(async () => {
  service = await bootAuditService({ brokers: testKafkaBrokers() });
  const logger = Logger.create({ service: 'test', level: 'silent', format: 'json' });
  producer = new EventProducer({ kafka: createKafka({ brokers: testKafkaBrokers(), clientId: 'test', logger }), logger });
  await eventually(() => expect(service.app.get(InboxTransport).connected).toBe(true), { withinMs: 30_000 });
}, 40_000);
afterAll(async () => {
  await producer.close();
  await service.close();
});

/** As the relay would. */
async function publish(payload: AuditRecordedV1Payload, id = newId()): Promise<void> {
  await publishAll([payload], () => id);
}

async function publishAll(payloads: readonly AuditRecordedV1Payload[], idOf = () => newId()): Promise<void> {
  const { type, version, aggregateType, topic } = AuditRecordedV1;
  const messages = payloads.map((payload) => {
    const envelope = { id: idOf(), source: 'plinth/test', type, version, aggregateType, aggregateId: payload.tenantId, time: new Date(), tenantId: payload.tenantId, sequence: null, traceparent: null };
    return { topic, ...encodeEvent(envelope, JSON.stringify(payload)) };
  });
  expect(new Set((await producer.publish(messages)).map(({ kind }) => kind))).toEqual(new Set(['acknowledged']));
}

const idsOf = async (tenantId: string) => {
  const { data } = (await service.call('GET', '/v1/audit/entries', memberOf(tenantId))).json() as unknown as { data: { id: string }[] };
  return data.map(({ id }) => id);
};

describe('an audit event in Kafka', () => {
  it('becomes an entry, in one transaction with its inbox row, and once however often it comes', async () => {
    const payload = somePayload(newId());
    const eventId = newId();
    const last = somePayload(payload.tenantId);
    await publish(payload, eventId);
    await publish(payload, eventId);
    await publish(payload);
    await publish(last);
    await eventually(async () => expect(await idsOf(payload.tenantId)).toEqual([last.entryId, payload.entryId]));
    const inbox = await service.database.query('SELECT xmin FROM audit.inbox WHERE event_id = $1', [eventId]);
    const entry = await service.database.query('SELECT xmin FROM audit.entry WHERE id = $1', [payload.entryId]);
    expect(inbox).toEqual(entry);
  });

  it('that cannot be recorded leaves nothing, and does not hold up the next', async () => {
    const refused = somePayload(newId(), { personal: ['/actor/id'] });
    const next = somePayload(refused.tenantId);
    await publish(refused);
    await publish(next);
    await eventually(async () => expect(await idsOf(next.tenantId)).toEqual([next.entryId]), { withinMs: 25_000 });
    expect((await service.call('POST', '/v1/audit/verify', memberOf(next.tenantId))).json()).toMatchObject({ valid: true, entries: 1 });
  }, 30_000);

  it('among many does not hold up the others, of its tenant or of others', async () => {
    const tenants = Array.from({ length: 3 }, () => newId());
    const payloads = Array.from({ length: 60 }, (_, index) => somePayload(tenants[index % 3] ?? ''));
    const refused = somePayload(tenants[1] ?? '', { after: { depth: nested(120) } });
    await publishAll([...payloads.slice(0, 31), refused, ...payloads.slice(31)]);
    for (const tenantId of tenants) {
      const own = payloads.filter((payload) => payload.tenantId === tenantId).map(({ entryId }) => entryId);
      await eventually(async () => expect(await idsOf(tenantId)).toEqual(own.toReversed()), { withinMs: 25_000 });
      expect((await service.call('POST', '/v1/audit/verify', memberOf(tenantId))).json()).toMatchObject({ valid: true, entries: own.length });
    }
    expect(service.app.get(InboxTransport).counters.deadLettered).toBeGreaterThan(0);
  }, 60_000);
});

function nested(levels: number): unknown {
  return levels === 0 ? null : [nested(levels - 1)];
}
