import { newId } from '@plinth/kernel';
import { eventually } from '@plinth/testing';
import kafkajs, { type IHeaders } from 'kafkajs';
import { runningStack } from '../stack.js';
import { constantOf, letterHeaders } from './guide-text.js';
import { plainKafka, PlainConsumer, redriveTopic } from './plain-consumer.js';

interface Letter {
  readonly id: string;
  readonly error: string;
  readonly attempts: number;
  readonly topic: string;
  readonly offset: string;
  readonly replayCount: number;
}

/** What docs/guides/consumer-in-another-language.md says is enough: a consumer of its rules and SQL, with no line of ours. */
describe('docs/guides/consumer-in-another-language.md', () => {
  const stack = runningStack();
  const group = constantOf('GROUP');
  const kafka = plainKafka(stack.facts.kafkaBrokers);
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  const admin = kafka.admin();
  let consumer: PlainConsumer;
  let operator: string;

  const start = async () => (consumer = await PlainConsumer.start(stack.facts.kafkaBrokers, stack.facts.databaseUrl));

  beforeAll(async () => {
    await Promise.all([producer.connect(), admin.connect()]);
    // As the platform makes it for a group that stands in `consumerGroups`.
    await admin.createTopics({ topics: [{ topic: redriveTopic, numPartitions: 1 }], waitForLeaders: true });
    operator = await stack.gateway.signIn(stack.facts.operator.email, stack.facts.operator.password);
    await start();
  });
  afterAll(async () => {
    await consumer.stop();
    await Promise.all([producer.disconnect(), admin.deleteGroups([group]).then(() => admin.deleteTopics({ topics: [redriveTopic] })).then(() => admin.disconnect())]);
    await stack.query(`DROP SCHEMA ${group} CASCADE`);
  });

  async function suspend(tenantId: string): Promise<void> {
    expect((await stack.gateway.call('POST', `/v1/tenants/${tenantId}/suspend`, { token: operator, body: { reason: 'e2e' } })).status).toBe(200);
  }
  async function restore(tenantId: string): Promise<void> {
    expect((await stack.gateway.call('POST', `/v1/tenants/${tenantId}/restore`, { token: operator })).status).toBe(200);
  }
  async function statusOf(tenantId: string): Promise<unknown> {
    const [row] = await stack.query(`SELECT suspended FROM ${group}.tenant_status WHERE tenant_id = $1`, [tenantId]);
    return row?.['suspended'];
  }
  /** A tenant that was suspended and restored, and the message of its suspension. */
  async function restoredTenant() {
    const { tenantId } = await stack.newTenant();
    await suspend(tenantId);
    await eventually(async () => expect(await statusOf(tenantId)).toBe(true));
    await restore(tenantId);
    await eventually(async () => expect(await statusOf(tenantId)).toBe(false));
    const message = consumer.seen.find(({ event }) => event.aggregate_id === tenantId)?.message;
    return { tenantId, key: message?.key ?? null, value: message?.value ?? null, headers: { ...message?.headers } };
  }
  /** As an operator sends a letter again. */
  async function redrive(message: { key: Buffer | null; value: Buffer | null; headers: IHeaders }): Promise<void> {
    const place = { dlq_topic: 'plinth.tenancy', dlq_partition: '4', dlq_offset: '7', dlq_replay_count: '1' };
    await producer.send({ topic: redriveTopic, messages: [{ ...message, headers: { ...message.headers, ...place } }] });
  }
  const outcomesOf = (tenantId: string) => consumer.seen.filter(({ event }) => event.aggregate_id === tenantId).map(({ outcome }) => outcome);
  const lettersOf = async (eventId: string) => {
    const { body } = await stack.gateway.call<{ data: (Letter & { eventId: string })[] }>('GET', `/v1/admin/dead-letters?group=${group}&limit=200`, { token: operator });
    return body.data.filter((letter) => letter.eventId === eventId);
  };

  it('has the effect of each event once, also when all of them are read anew', async () => {
    const { tenantId } = await restoredTenant();
    await consumer.stop();
    await admin.deleteGroups([group]);
    await start();
    await eventually(() => expect(outcomesOf(tenantId)).toEqual(['duplicate', 'duplicate']), { withinMs: 30_000 });
    expect(await statusOf(tenantId)).toBe(false);
    await suspend(tenantId);
    await eventually(() => expect(outcomesOf(tenantId)).toEqual(['duplicate', 'duplicate', 'handled']));
    expect(await statusOf(tenantId)).toBe(true);
  });

  it('does not let an event that is sent again undo a later one', async () => {
    const { tenantId, ...suspension } = await restoredTenant();
    const id = newId();
    await redrive({ ...suspension, headers: { ...suspension.headers, ce_id: id } });
    await eventually(() => expect(outcomesOf(tenantId)).toEqual(['handled', 'handled', 'stale']));
    expect(await statusOf(tenantId)).toBe(false);
    expect(await stack.query(`SELECT topic, partition, "offset" FROM ${group}.inbox WHERE event_id = $1`, [id])).toEqual([{ topic: 'plinth.tenancy', partition: 4, offset: '7' }]);
  });

  it('puts aside what cannot be read and what its handler cannot do, as the desk keeps them', async () => {
    const { tenantId: _, ...suspension } = await restoredTenant();
    const [unreadable, impossible] = [newId(), newId()];
    consumer.broken.add(impossible);
    const value = Buffer.from([0x7b, 0xff, 0x00]);
    const next = String(Number(suspension.headers['ce_sequence']) + 100);
    await redrive({ ...suspension, value, headers: { ...suspension.headers, ce_id: unreadable, twice: ['a', 'b'] } });
    await redrive({ ...suspension, headers: { ...suspension.headers, ce_id: impossible, ce_sequence: next } });
    const place = { topic: 'plinth.tenancy', partition: 4, offset: '7', replayCount: 1, group };
    const [letter] = await eventually(async () => {
      const letters = await lettersOf(unreadable);
      expect(letters).toMatchObject([{ ...place, attempts: 1, error: 'UndecodableEvent:malformed_json', valueBytes: 3 }]);
      return letters;
    });
    await eventually(async () => expect(await lettersOf(impossible)).toMatchObject([{ ...place, attempts: 5, error: 'RangeError' }]));
    const { body } = await stack.gateway.call<{ key: string; value: string; headers: { name: string; text: string }[] }>('GET', `/v1/admin/dead-letters/${letter?.id}`, { token: operator });
    expect([body.key, body.value]).toEqual([suspension.key?.toString('base64'), value.toString('base64')]);
    expect(body.headers.filter(({ name }) => name === 'twice').map((header) => header.text)).toEqual(['a', 'b']);
    expect(body.headers.map(({ name }) => name).filter((name) => name.startsWith('dlq_')).sort()).toEqual(letterHeaders().sort());
  });
});
