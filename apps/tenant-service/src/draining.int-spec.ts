import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { newId } from '@plinth/kernel';
import { eventually, ServiceProcess, TestDatabase, TestGateway } from '@plinth/testing';
import { migrations, schema } from './migrations/index.js';
import { currentConsents, processEnvironment } from './testing.js';

const startsWithinMs = 120_000;
const clients = 8;
/** How often the client asks each replica whether it is ready: a small part of the time that it has for it. */
const probeEveryMs = 100;
const drainDelayMs = 2_000;

let database: TestDatabase;
let gateway: TestGateway;
let environment: Record<string, string>;

beforeAll(async () => {
  database = await TestDatabase.create([{ schema, migrations }]);
  gateway = new TestGateway('tenant-service');
  environment = { ...processEnvironment(database, gateway), DRAIN_DELAY_MS: String(drainDelayMs) };
});
afterAll(() => database.drop());

/** A replica as a load balancer sees it: whether to send it requests is what its readiness last said. */
class Replica {
  ready = true;
  served = 0;
  /** What its readiness said when it was not ready, and whether it was ever found gone while it counted as ready. */
  readonly codes = new Set<string>();
  private readonly probing: NodeJS.Timeout;

  constructor(readonly process: ServiceProcess) {
    this.probing = setInterval(() => void this.probe(), probeEveryMs);
  }

  stopProbing(): void {
    clearInterval(this.probing);
  }

  private async probe(): Promise<void> {
    try {
      const answer = await fetch(`${this.process.url}/health/ready`);
      this.ready = answer.status === 200;
      if (!this.ready) this.codes.add(((await answer.json()) as { code: string }).code);
    } catch {
      if (this.ready) this.codes.add('gone while it was ready');
      this.ready = false;
    }
  }
}

/** Writes and reads without a pause, over kept-alive connections, to replicas that are ready, until it is told to end. */
async function load(replicas: readonly Replica[], ended: () => boolean): Promise<string[]> {
  const faults: string[] = [];
  const client = async (number: number): Promise<void> => {
    for (let sent = number; !ended(); sent++) {
      const ready = replicas.filter((replica) => replica.ready);
      const replica = ready[sent % ready.length];
      if (replica === undefined) {
        faults.push('no replica is ready');
        return;
      }
      try {
        const status = sent % 2 === 0 ? await read(replica.process) : await write(replica.process);
        if (status >= 400) faults.push(`answered ${status}`);
        replica.served += 1;
      } catch (error) {
        faults.push(String((error as Error).cause ?? error));
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
  return faults;
}

async function read(to: ServiceProcess): Promise<number> {
  const answer = await fetch(`${to.url}/v1/policies`, { headers: await gateway.headersFor('GET', '/v1/policies') });
  await answer.arrayBuffer();
  return answer.status;
}

async function write(to: ServiceProcess): Promise<number> {
  const headers = { ...(await gateway.headersFor('POST', '/v1/auth/register')), 'content-type': 'application/json', 'idempotency-key': newId() };
  const answer = await fetch(`${to.url}/v1/auth/register`, { method: 'POST', headers, body: registration() });
  await answer.arrayBuffer();
  return answer.status;
}

function registration(): string {
  return JSON.stringify({ email: `${newId()}@plinth.example`, password: 'correct horse battery', tenantName: 'Acme', consents: currentConsents });
}

describe('SIGTERM of a replica under load', () => {
  it('refuses and breaks no request that was sent while it was ready: another one takes over', async () => {
    const replicas = (await Promise.all([1, 2].map(() => ServiceProcess.start('tenant-service', environment)))).map((process) => new Replica(process));
    const [leaving, staying] = replicas as [Replica, Replica];
    let done = false;
    const loading = load(replicas, () => done);
    try {
      await eventually(() => expect(Math.min(leaving.served, staying.served)).toBeGreaterThan(20), { withinMs: 60_000 });
      expect(await leaving.process.stop()).toBe(0);
      const servedBefore = staying.served;
      await eventually(() => expect(staying.served).toBeGreaterThan(servedBefore + 20), { withinMs: 60_000 });
    } finally {
      done = true;
      for (const replica of replicas) replica.stopProbing();
    }
    expect(await loading).toEqual([]);
    expect([...leaving.codes]).toEqual(['draining']);
    await staying.process.stop();
  }, startsWithinMs);

  it('finishes the request in hand, however late its body comes', async () => {
    const replica = await ServiceProcess.start('tenant-service', environment);
    const headers = { ...(await gateway.headersFor('POST', '/v1/auth/register')), 'content-type': 'application/json', 'idempotency-key': newId() };
    const body = registration();
    const sent = httpRequest(`${replica.url}/v1/auth/register`, { method: 'POST', headers: { ...headers, 'content-length': Buffer.byteLength(body) } });
    const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
    sent.write(body.slice(0, 10));
    await once(sent, 'socket');
    const stopped = replica.stop();
    // It has closed its door when nobody can come in any more.
    await eventually(() => expect(fetch(`${replica.url}/health/live`)).rejects.toThrow('fetch failed'), { withinMs: 30_000 });
    sent.end(body.slice(10));
    const [answer] = await answered;
    answer.resume();
    expect([answer.statusCode, answer.headers.connection]).toEqual([201, 'close']);
    expect(await stopped).toBe(0);
  }, startsWithinMs);
});
