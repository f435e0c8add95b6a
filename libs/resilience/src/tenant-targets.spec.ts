import type { RequestListener } from 'node:http';
import { constants, createGzip } from 'node:zlib';
import { Metrics } from '@plinth/telemetry';
import { labelValuesOf, seriesOf } from '@plinth/testing';
import { closedPort, FakeDns, LocalServer } from './testing.js';
import { TenantTargets, type TenantTargetsOptions } from './tenant-targets.js';

const forbidden = { code: 'target_forbidden', status: 422 };

/** A server on 127.0.0.1, and targets of which only 127.0.0.2 is allowed besides the public internet. */
async function setup(listener: RequestListener, over: Partial<TenantTargetsOptions> = {}) {
  let calls = 0;
  let connections = 0;
  const server = await LocalServer.listen((request, response) => {
    calls += 1;
    listener(request, response);
  });
  server.onConnection(() => (connections += 1));
  const targets = new TenantTargets({ name: 'webhooks', protocols: ['http:'], ports: [server.port], allowedNetworks: ['127.0.0.1/32'], ...over });
  return {
    server,
    targets,
    calls: () => calls,
    connections: () => connections,
    post: (url = server.url, tenantId = 'one') => targets.request({ tenantId, url, method: 'POST', body: '{}' }),
    [Symbol.asyncDispose]: async () => {
      await targets.close();
      await server.stop();
    },
  };
}

const answer200: RequestListener = (_, response) => response.end('taken');

describe('TenantTargets', () => {
  it('calls what is allowed, by address and by name', async () => {
    await using dns = await FakeDns.listen(() => '127.0.0.1');
    await using test = await setup(answer200, { nameServers: [dns.address] });
    expect(await test.post(`${test.server.url}/in?a=1`)).toMatchObject({ status: 200, cut: false, body: Buffer.from('taken') });
    expect((await test.post(`http://hooks.example.com:${test.server.port}/`)).status).toBe(200);
    expect(dns.answered).toEqual(['127.0.0.1']);
  });

  it.each(['127.0.0.1', '2130706433', '0x7f.1', '0177.0.0.1', '127.1', '[::ffff:127.0.0.1]', '[::1]', '0', 'localhost'])('never connects to %s, by default', async (host) => {
    await using test = await setup(answer200, { allowedNetworks: [] });
    await expect(test.post(`http://${host}:${test.server.port}/`)).rejects.toMatchObject(forbidden);
    expect(test.connections()).toBe(0);
  });

  it.each(['127.0.0.1', '10.0.0.1', '169.254.169.254', '192.168.0.1', '100.64.0.1', '0.0.0.0'])('never connects to a name that leads to %s', async (address) => {
    await using dns = await FakeDns.listen(() => address);
    await using test = await setup(answer200, { allowedNetworks: [], nameServers: [dns.address] });
    await expect(test.post(`http://hooks.example.com:${test.server.port}/`)).rejects.toMatchObject(forbidden);
    expect([test.connections(), dns.answered]).toEqual([0, [address]]);
  });

  it('connects to the address that it has checked, and to no other that the name has a moment later (rebinding)', async () => {
    // Allowed the first time it is asked for, forbidden from then on: whoever checks one answer and dials by another is caught.
    await using dns = await FakeDns.listen((_, asked) => (asked === 1 ? '127.0.0.2' : '127.0.0.1'));
    await using test = await setup(answer200, { allowedNetworks: ['127.0.0.2/32'], nameServers: [dns.address] });
    await using allowed = await LocalServer.listen((_, response) => response.writeHead(200, { connection: 'close' }).end('allowed'), test.server.port, '127.0.0.2');
    const url = `http://hooks.example.com:${allowed.port}/`;
    expect(String((await test.post(url)).body)).toBe('allowed');
    expect(dns.answered).toEqual(['127.0.0.2']);
    await expect(test.post(url)).rejects.toMatchObject(forbidden);
    expect([dns.answered, test.connections()]).toEqual([['127.0.0.2', '127.0.0.1'], 0]);
  });

  it('gives up on a name that does not exist, as 503', async () => {
    await using dns = await FakeDns.listen(() => undefined);
    await using test = await setup(answer200, { nameServers: [dns.address] });
    await expect(test.post(`http://nowhere.example.com:${test.server.port}/`)).rejects.toMatchObject({ code: 'upstream_unavailable', status: 503 });
  });

  it.each([301, 302, 303, 307, 308])('follows no redirect: a %i is the answer', async (status) => {
    let reached = 0;
    await using inside = await LocalServer.listen(() => (reached += 1));
    await using test = await setup((_, response) => response.writeHead(status, { location: inside.url }).end());
    expect(await test.post()).toMatchObject({ status, headers: { location: inside.url } });
    expect(reached).toBe(0);
  });

  it('cuts an answer of 1 GB at the cap, with flat memory, plain and compressed', async () => {
    const gigabyte = 1_073_741_824;
    let sent = 0;
    const chunk = Buffer.alloc(1_048_576);
    await using test = await setup((request, response) => {
      sent = 0;
      const zipped = request.url === '/zipped';
      response.writeHead(200, zipped ? { 'content-encoding': 'gzip' } : {});
      const into = zipped ? createGzip({ level: constants.Z_BEST_SPEED }) : response;
      if (into !== response) into.pipe(response);
      const more = (): void => {
        while (sent < gigabyte && !response.destroyed) {
          sent += chunk.length;
          if (!into.write(chunk)) return;
        }
        into.end();
      };
      into.on('drain', more);
      more();
    });
    const before = process.memoryUsage.rss();
    for (const path of ['/plain', '/zipped']) {
      const answer = await test.post(`${test.server.url}${path}`);
      expect([answer.status, answer.cut, answer.body.length]).toEqual([200, true, 65_536]);
      // The other side stopped where we did, a few buffers later.
      expect(sent).toBeLessThan(gigabyte / 4);
    }
    expect(process.memoryUsage.rss() - before).toBeLessThan(150 * 1_048_576);
  });

  it('opens the breaker of a tenant’s target for that tenant and that target alone', async () => {
    const port = await closedPort();
    const metrics = new Metrics('test');
    await using test = await setup(answer200, { breaker: { volumeThreshold: 3, resetMs: 60_000 }, metrics });
    const targets = new TenantTargets({ name: 'webhooks', protocols: ['http:'], ports: [port, test.server.port], allowedNetworks: ['127.0.0.1/32'], breaker: { volumeThreshold: 3, resetMs: 60_000 }, metrics });
    const call = (tenantId: string, target: number) => targets.request({ tenantId, url: `http://127.0.0.1:${target}/`, method: 'POST' });
    const absent = { code: 'upstream_unavailable', status: 503 };
    for (let failed = 0; failed < 5; failed++) await expect(call('one', port)).rejects.toMatchObject(absent);
    expect((await call('one', test.server.port)).status).toBe(200);
    // The other tenant's calls to the same place are still tried.
    const failedBefore = await failures(metrics);
    await expect(call('two', port)).rejects.toMatchObject(absent);
    expect(await failures(metrics)).toBe(failedBefore + 1);
    const { body } = await metrics.text();
    expect(body).toContain('plinth_resilience_breaker_state{destination="webhooks",state="open",service="test"} 1');
    expect(body).toContain('plinth_resilience_breaker_state{destination="webhooks",state="closed",service="test"} 2');
    expect([...labelValuesOf(body)].filter((value) => ['one', 'two'].includes(value) || value.includes('127.0.0.1'))).toEqual([]);
    await targets.close();
  });

  it('keeps one tenant’s slow target from taking the places of another’s', async () => {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    await using test = await setup((request, response) => {
      if (request.url === '/slow') void released.then(() => response.end());
      else response.end();
    }, { connectionsPerTarget: 1 });
    const slow = Array.from({ length: 3 }, () => test.post(`${test.server.url}/slow`).then(({ status }) => status, ({ code }: { code: string }) => code));
    // One is under way, one waits, one is too many.
    expect(await Promise.race(slow)).toBe('upstream_overloaded');
    expect((await test.post(test.server.url, 'two')).status).toBe(200);
    release();
    expect((await Promise.all(slow)).sort()).toEqual([200, 200, 'upstream_overloaded']);
  });

  it('refuses before anything is called what its rules can tell, when a target is named', async () => {
    await using test = await setup(answer200);
    expect(() => test.targets.check('http://10.0.0.1/')).toThrow('target_forbidden');
    expect(() => test.targets.check(`${test.server.url}/in`)).not.toThrow();
    await expect(test.post('ftp://example.com/')).rejects.toMatchObject(forbidden);
    expect(test.calls()).toBe(0);
  });
});

async function failures(metrics: Metrics): Promise<number> {
  const { body } = await metrics.text();
  return seriesOf(body, 'plinth_resilience_calls_total').get('{destination="webhooks",outcome="failed",service="test"}') ?? 0;
}
