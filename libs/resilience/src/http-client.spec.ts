import type { RequestListener } from 'node:http';
import { eventually } from '@plinth/testing';
import { Destination, type DestinationOptions } from './destination.js';
import { HttpClient } from './http-client.js';
import { closedPort, LocalServer } from './testing.js';

async function setup(listener: RequestListener, options: Partial<DestinationOptions> = {}) {
  const server = await LocalServer.listen(listener);
  const destination = new Destination({ name: 'other', url: server.url, ...options });
  return {
    client: new HttpClient(destination),
    destination,
    server,
    [Symbol.asyncDispose]: async () => {
      await destination.close();
      await server.stop();
    },
  };
}

describe('HttpClient', () => {
  it('answers the JSON of the other side', async () => {
    await using other = await setup((request, response) => response.end(JSON.stringify({ accept: request.headers.accept })));
    expect(await other.client.json({ path: '/thing' })).toEqual({ accept: 'application/json' });
  });

  it('returns a 4xx as an answer, tries it once, and the breaker stays closed', async () => {
    let calls = 0;
    await using other = await setup((_, response) => {
      calls += 1;
      response.writeHead(404).end('nothing here');
    });
    for (let call = 0; call < 50; call++) expect((await other.client.request({ path: '/' })).status).toBe(404);
    expect(calls).toBe(50);
    expect(other.destination.state).toBe('closed');
    await expect(other.client.json({ path: '/' })).rejects.toMatchObject({ code: 'upstream_invalid_answer', status: 502 });
  });

  it('tries a read again when the other side says not now', async () => {
    let calls = 0;
    await using other = await setup((_, response) => response.writeHead(++calls < 3 ? 503 : 200).end('{}'));
    expect(await other.client.json({ path: '/' })).toEqual({});
    expect(calls).toBe(3);
  });

  it('does not repeat a POST, unless the caller says that it may', async () => {
    let calls = 0;
    await using other = await setup((_, response) => {
      calls += 1;
      response.writeHead(503).end();
    });
    expect((await other.client.request({ method: 'POST', path: '/', body: '{}' })).status).toBe(503);
    expect(calls).toBe(1);
    await other.client.request({ method: 'POST', path: '/', body: '{}', idempotent: true });
    expect(calls).toBe(4);
  });

  it('stops repeating when the budget is spent', async () => {
    let calls = 0;
    await using other = await setup((_, response) => {
      calls += 1;
      response.writeHead(503).end();
    });
    for (let call = 0; call < 40; call++) await other.client.request({ path: '/', timeoutMs: 20_000 });
    // 40 first tries, 10 retries to begin with, and one for each ten first tries.
    expect(calls).toBeGreaterThanOrEqual(50);
    expect(calls).toBeLessThanOrEqual(54);
  }, 30_000);

  it('gives up on an answer that does not come in time', async () => {
    await using other = await setup(() => undefined);
    const began = performance.now();
    await expect(other.client.request({ path: '/', timeoutMs: 200 })).rejects.toMatchObject({ code: 'upstream_timeout', status: 504 });
    expect(performance.now() - began).toBeLessThan(4_000);
  });

  it('gives up on an answer that drips beyond the time', async () => {
    await using other = await setup((_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    });
    await expect(other.client.request({ path: '/', timeoutMs: 200 })).rejects.toMatchObject({ code: 'upstream_timeout' });
  });

  it('stops reading an answer at the cap', async () => {
    let sent = 0;
    await using other = await setup((_, response) => {
      const chunk = Buffer.alloc(65_536);
      const more = () => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
      };
      response.on('drain', more);
      more();
    });
    await expect(other.client.request({ method: 'POST', path: '/', maxAnswerBytes: 100_000 })).rejects.toMatchObject({ code: 'upstream_invalid_answer' });
    expect(sent).toBeLessThan(50_000_000);
  });

  it('tells what is no JSON, and what was cut, as a bad gateway', async () => {
    await using html = await setup((_, response) => response.end('<html>'));
    await expect(html.client.json({ path: '/' })).rejects.toMatchObject({ code: 'upstream_invalid_answer', status: 502 });
    await using cut = await setup((_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('half', () => response.destroy());
    });
    await expect(cut.client.json({ path: '/' })).rejects.toMatchObject({ code: 'upstream_invalid_answer', status: 502 });
  });

  it('does not follow a redirect', async () => {
    await using other = await setup((_, response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end());
    expect((await other.client.request({ path: '/' })).status).toBe(302);
  });

  it('opens the breaker when nobody listens, and closes it when somebody does again', async () => {
    const port = await closedPort();
    const destination = new Destination({
      name: 'other',
      url: `http://127.0.0.1:${port}`,
      breaker: { volumeThreshold: 5, resetMs: 100 },
    });
    const client = new HttpClient(destination);
    const refused = { code: 'upstream_unavailable', status: 503, extra: { headers: { 'retry-after': '1' } } };
    for (let call = 0; call < 5; call++) await expect(client.request({ method: 'POST', path: '/' })).rejects.toMatchObject(refused);
    expect(destination.state).toBe('open');
    await using server = await LocalServer.listen((_, response) => response.end('{}'), port);
    await expect(client.request({ method: 'POST', path: '/' })).rejects.toMatchObject(refused);
    await eventually(() => expect(destination.state).toBe('half_open'));
    expect((await client.request({ method: 'POST', path: '/' })).status).toBe(200);
    expect(destination.state).toBe('closed');
    await destination.close();
    expect(server.port).toBe(port);
  });

  it('refuses a destination that is more than an origin', () => {
    expect(() => new Destination({ name: 'other', url: 'http://127.0.0.1:1/path' })).toThrow('has a path');
  });
});
