import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { GatewayClient, stackStatus, type StackFacts } from '@plinth/dev-stack';
import { createTestHome, freePort, homeAt, kafkaLibsForTests, query, readRecords, readStackFile, removeTestHome, runStackCommand } from '@plinth/dev-stack/testing';
import { runningStack } from './stack.js';

/** Two homes with a port base each, as two checkouts have them: the stack of the test run, and one that is started beside it. */
describe('two stacks side by side', () => {
  const first = runningStack();
  const home = createTestHome();
  let portBase: number;
  let second: StackFacts;
  let firstStatus: Awaited<ReturnType<typeof stackStatus>>;

  const start = (folder: typeof home, base: number) => runStackCommand('up', folder, { portBase: base, kafkaLibs: kafkaLibsForTests() });
  const pidsOf = (status: typeof firstStatus) => status?.map(({ part, pid, state }) => ({ part, pid, state }));

  beforeAll(async () => {
    firstStatus = await stackStatus(first.home);
    portBase = await freePort(28_080);
    const [code, output] = await start(home, portBase);
    const facts = readStackFile(home);
    if (code !== 0 || facts === undefined) throw new Error(output);
    second = facts;
  }, 600_000);
  afterAll(() => removeTestHome(home), 120_000);

  it('run their own processes on their own ports, and the first has not noticed the second', async () => {
    expect(pidsOf(await stackStatus(first.home))).toEqual(pidsOf(firstStatus));
    const [one, other] = [readRecords(homeAt(first.home)), readRecords(home)];
    expect(other.map(({ part }) => part).sort()).toEqual(one.map(({ part }) => part).sort());
    const shared = (key: 'pid' | 'port') => other.filter((record) => one.some((candidate) => candidate[key] === record[key]));
    expect([shared('pid'), shared('port')]).toEqual([[], []]);
  });

  it('hold their own data: one address signs up at both, and neither takes the credentials of the other', async () => {
    const email = `${randomUUID()}@plinth.example`;
    const [one, other] = [new GatewayClient(first.facts.gatewayUrl), new GatewayClient(second.gatewayUrl)];
    const owner = await one.signUp(email, 'correct horse battery', 'One');
    const otherOwner = await other.signUp(email, 'correct horse battery', 'Other');
    expect(await query(first.facts.databaseUrl, `SELECT name FROM tenancy.tenant WHERE id IN ('${owner.tenantId}', '${otherOwner.tenantId}')`)).toEqual([{ name: 'One' }]);
    expect((await one.call('GET', '/v1/api-keys', { token: otherOwner.token })).status).toBe(401);
    expect((await other.call('GET', '/v1/api-keys', { token: owner.token })).status).toBe(401);
    expect((await other.call('GET', '/v1/api-keys', { headers: { 'x-api-key': first.facts.demo.apiKey } })).status).toBe(401);
  });

  it('a third on ports of the second is refused with its name, and begins nothing', async () => {
    const third = createTestHome();
    const [code, output] = await start(third, portBase);
    expect([code, output]).toEqual([1, expect.stringContaining(`are taken by the Plinth stack in ${home.root}. Stop it: PLINTH_HOME=${home.root} make down, or run: PLINTH_PORT_BASE=`)]);
    expect(output.trim().split('\n').filter((line) => line.startsWith('plinth: '))).toHaveLength(1);
    expect([readRecords(third), existsSync(join(third.secrets, 'COOKIE_SECRET'))]).toEqual([[], false]);
    await removeTestHome(third);
  });

  it('a port that another program has is refused with its name and pid', async () => {
    const stranger = createServer();
    const base = await freePort(29_080);
    await new Promise<void>((resolve) => stranger.listen(base + 2, '127.0.0.1', resolve));
    const third = createTestHome();
    const [code, output] = await start(third, base);
    const { port } = stranger.address() as AddressInfo;
    stranger.close();
    expect([code, output]).toEqual([1, expect.stringMatching(`port ${port} \\(audit-service\\) is taken by .*\\(pid ${process.pid}\\)\\. Stop it: kill ${process.pid}, or run: `)]);
    expect(readRecords(third)).toEqual([]);
    await removeTestHome(third);
  });

  it('the end of one leaves the other as it was', async () => {
    const [code, output] = await runStackCommand('down', home, { portBase, kafkaLibs: kafkaLibsForTests() });
    expect([code, output]).toEqual([0, expect.stringContaining('postgres stopped')]);
    expect((await stackStatus(home.root))?.filter(({ pid }) => pid !== undefined)).toEqual([]);
    expect(pidsOf(await stackStatus(first.home))).toEqual(pidsOf(firstStatus));
    expect((await first.gateway.call('GET', '/health/ready')).status).toBe(200);
  });
});
