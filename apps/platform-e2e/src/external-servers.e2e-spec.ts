import { randomUUID } from 'node:crypto';
import { topics } from '@plinth/contracts';
import { GatewayClient, stackStatus, type CallAnswer, type SignedIn } from '@plinth/dev-stack';
import {
  canMountSmallDisk,
  createTestHome,
  freePort,
  kafkaLibsForTests,
  query,
  readRecords,
  readStackFile,
  removeTestHome,
  runStackCommand,
  services,
  startForeignKafka,
  startForeignPostgres,
  startForeignPostgresOnSmallDisk,
  type ForeignServer,
  type SmallDisk,
  type UpSettings,
} from '@plinth/dev-stack/testing';
import { eventually } from '@plinth/testing';
import kafkajs from 'kafkajs';

/** Room for the suite's tables and one segment of the write-ahead log. */
const diskMib = 160;
const mountsAllowed = canMountSmallDisk();

describe('a stack on a PostgreSQL and a Kafka that run already', () => {
  const home = createTestHome();
  let postgres: ForeignServer & { disk?: SmallDisk };
  let kafka: ForeignServer;
  let settings: UpSettings;
  const servers: ForeignServer[] = [];
  let printed: string;
  let gateway: GatewayClient;
  let owner: SignedIn;

  beforeAll(async () => {
    postgres = mountsAllowed ? await startForeignPostgresOnSmallDisk(24_080, diskMib) : await startForeignPostgres(24_080);
    servers.push(postgres);
    kafka = await startForeignKafka(25_080);
    servers.push(kafka);
    settings = { portBase: await freePort(26_080), kafkaLibs: kafkaLibsForTests(), databaseUrl: postgres.address, kafkaBrokers: [kafka.address] };
    let code: number | null;
    [code, printed] = await runStackCommand('up', home, settings);
    if (code !== 0) throw new Error(printed);
    gateway = new GatewayClient(readStackFile(home)?.gatewayUrl ?? '');
    owner = await gateway.signUp(`${randomUUID()}@plinth.example`, 'correct horse battery', 'External');
  }, 600_000);
  afterAll(async () => {
    await removeTestHome(home);
    await Promise.all(servers.map((server) => server.stop()));
  }, 120_000);

  const rename = (name: string, idempotencyKey: string = randomUUID()) =>
    gateway.call('PATCH', `/v1/tenants/${owner.tenantId}`, { token: owner.token, idempotencyKey, body: { name } });
  const trail = async () => (await gateway.call<{ data: { after: { name?: string } | null }[] }>('GET', '/v1/audit/entries', { token: owner.token })).body.data;

  it('starts the services alone, and says in its facts and status what it uses', async () => {
    const parts = [...services.map(({ name }) => name), 'provider-simulator'].sort();
    expect(readRecords(home).map(({ part }) => part).sort()).toEqual(parts);
    expect(readStackFile(home)).toMatchObject({ databaseUrl: postgres.address, kafkaBrokers: [kafka.address] });
    const status = await stackStatus(home.root);
    expect(status?.filter(({ part }) => part === 'kafka' || part === 'postgres').map(({ state }) => state)).toEqual(['external, ready', 'external, ready']);
    expect(printed).not.toMatch(/PostgreSQL|Kafka/);
  });

  it('makes the schemas, roles and topics that are missing', async () => {
    const schemas = await query<{ nspname: string }>(postgres.address, 'SELECT nspname FROM pg_namespace');
    expect(schemas.map(({ nspname }) => nspname)).toEqual(expect.arrayContaining(services.map(({ schema }) => schema)));
    const roles = await query<{ rolname: string }>(postgres.address, 'SELECT rolname FROM pg_roles');
    expect(roles.map(({ rolname }) => rolname)).toEqual(expect.arrayContaining(services.flatMap(({ schema }) => ['owner', 'app', 'system'].map((role) => `plinth_${schema}_${role}`))));
    // outbox-relay is ready before its topics are, so that it is without Kafka, too.
    const wanted = topics.map(({ name }) => name);
    await eventually(async () => expect(await topicNames(kafka.address)).toEqual(expect.arrayContaining(wanted)), { withinMs: 30_000 });
  });

  it('carries one keyed write to the audit trail, and a repetition of it no further', async () => {
    const key = randomUUID();
    expect((await rename('Once', key)).status).toBe(200);
    const again = await rename('Once', key);
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    await rename('Last');
    await eventually(async () => expect((await trail())[0]?.after).toMatchObject({ name: 'Last' }), { withinMs: 20_000 });
    expect((await trail()).filter(({ after }) => after?.name === 'Once')).toHaveLength(1);
  });

  // Without a mount, the tests of tenant-service with a server that says it is full are all there is.
  if (mountsAllowed) {
    it('answers 507 while the disk of PostgreSQL is full, keeps nothing of it, and the same request succeeds with space again', async () => {
      await postgres.disk?.fill();
      const { name, key, answer } = await firstRefused(rename);
      expect(answer).toMatchObject({ status: 507, body: { code: 'storage_full' } });
      expect(answer.text).not.toContain('No space left');
      const [kept] = await query<{ name: string; events: number }>(
        postgres.address,
        `SELECT name, (SELECT count(*)::int FROM tenancy.event_outbox WHERE payload->'after'->>'name' = '${name}') AS events FROM tenancy.tenant WHERE id = '${owner.tenantId}'`,
      );
      expect(kept).toEqual({ name: expect.not.stringMatching(name), events: 0 });

      await postgres.disk?.free();
      expect((await rename(name, key)).status).toBe(200);
      await eventually(async () => expect((await trail())[0]?.after).toMatchObject({ name }), { withinMs: 20_000 });
    }, 120_000);
  }

  it('leaves both servers running, with what is in them, when it stops', async () => {
    const [code, output] = await runStackCommand('down', home, settings);
    expect([code, output]).toEqual([0, expect.stringContaining('all stopped')]);
    expect(output).not.toMatch(/kafka|postgres/);
    expect(readRecords(home)).toEqual([]);
    expect(await query(postgres.address, `SELECT count(*)::int AS kept FROM tenancy.tenant WHERE id = '${owner.tenantId}'`)).toEqual([{ kept: 1 }]);
    expect(await topicNames(kafka.address)).toContain('plinth.tenancy');
  });
});

/** What still fits into the pages there are succeeds on a full disk; a write is a few KiB, so soon one does not fit. */
async function firstRefused(rename: (name: string, key: string) => Promise<CallAnswer>): Promise<{ name: string; key: string; answer: CallAnswer }> {
  for (let attempt = 1; attempt <= 100; attempt++) {
    const [name, key] = [`Full ${attempt}.`, randomUUID()];
    const answer = await rename(name, key);
    if (answer.status !== 200) return { name, key, answer };
  }
  throw new Error('100 writes found room on a full disk');
}

async function topicNames(broker: string): Promise<string[]> {
  const admin = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  return admin.listTopics().finally(() => admin.disconnect());
}
