import type { RequestListener } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
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

  it('fails once on an answer past the cap, or gives its begin where that is asked for', async () => {
    let calls = 0;
    await using other = await setup((_, response) => {
      calls += 1;
      response.end('0123456789');
    });
    await expect(other.client.request({ path: '/', maxAnswerBytes: 9 })).rejects.toMatchObject({ code: 'upstream_invalid_answer' });
    expect(calls).toBe(1);
    expect(await other.client.request({ path: '/', maxAnswerBytes: 9, largerAnswer: 'cut' })).toMatchObject({ cut: true, body: Buffer.from('012345678') });
    expect(await other.client.request({ path: '/', maxAnswerBytes: 10 })).toMatchObject({ cut: false, body: Buffer.from('0123456789') });
  });

  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ])('decodes %s, by the cap for what it decodes to', async (coding, encode) => {
    const text = Buffer.alloc(100_000, 'plinth ');
    await using other = await setup((_, response) => response.writeHead(200, { 'content-encoding': coding }).end(encode(text)));
    expect((await other.client.request({ path: '/', maxAnswerBytes: 100_000 })).body.equals(text)).toBe(true);
    const { body, cut } = await other.client.request({ path: '/', maxAnswerBytes: 99_999, largerAnswer: 'cut' });
    expect([body.length, cut]).toEqual([99_999, true]);
    await expect(other.client.request({ path: '/', maxAnswerBytes: 99_999 })).rejects.toMatchObject({ code: 'upstream_invalid_answer' });
  });

  it('counts against the cap what decodes to nothing, too', async () => {
    let sent = 0;
    const nothing = gzipSync('');
    await using other = await setup((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.concat(Array.from({ length: 1_000 }, () => nothing)))) sent += 1_000 * nothing.length;
      };
      response.on('drain', more);
      more();
    });
    expect(await other.client.request({ path: '/', maxAnswerBytes: 100_000, largerAnswer: 'cut' })).toMatchObject({ status: 200, cut: true });
    expect(sent).toBeLessThan(50_000_000);
  });

  it('takes no body for one that is coded, where there is none', async () => {
    await using other = await setup((request, response) => response.writeHead(request.url === '/304' ? 304 : 200, { 'content-encoding': 'gzip' }).end());
    expect((await other.client.request({ method: 'HEAD', path: '/' })).body).toHaveLength(0);
    expect((await other.client.request({ path: '/304' })).status).toBe(304);
  });

  it('tells a coding that is unknown, or not what it says, as a bad gateway', async () => {
    await using other = await setup((request, response) => response.writeHead(200, { 'content-encoding': request.url === '/unknown' ? 'gzip, br' : 'gzip' }).end('plain'));
    for (const path of ['/unknown', '/plain']) await expect(other.client.request({ method: 'POST', path })).rejects.toMatchObject({ code: 'upstream_invalid_answer' });
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
