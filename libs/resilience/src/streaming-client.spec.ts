import type { RequestListener } from 'node:http';
import { eventually } from '@plinth/testing';
import { Destination } from './destination.js';
import { ClientLeft } from './request-body.js';
import { StreamingClient, type StreamCall } from './streaming-client.js';
import { closedPort, LocalServer } from './testing.js';

async function setup(listener: RequestListener, url?: string) {
  let calls = 0;
  const server = await LocalServer.listen((request, response) => {
    calls += 1;
    listener(request, response);
  });
  const destination = new Destination({ name: 'provider', url: url ?? server.url, breaker: { volumeThreshold: 5 } });
  const client = new StreamingClient(destination);
  const leaving = new AbortController();
  const limits = { firstByteTimeoutMs: 5_000, idleTimeoutMs: 5_000, maxRetryWaitMs: 1_000 };
  return {
    destination,
    leaving,
    calls: () => calls,
    open: (over: Partial<StreamCall> = {}) => client.open({ method: 'POST', path: '/', headers: {}, body: '{}', signal: leaving.signal, ...limits, ...over }),
    [Symbol.asyncDispose]: async () => {
      await destination.close();
      await server.stop();
    },
  };
}

describe('StreamingClient', () => {
  it('hands over each chunk before the next exists', async () => {
    let next: (text: string) => void = () => undefined;
    await using service = await setup((_, response) => {
      next = (text) => response.write(text);
      response.write('one');
    });
    const answer = await service.open();
    const chunks = answer.chunks[Symbol.asyncIterator]();
    expect(String((await chunks.next()).value)).toBe('one');
    next('two');
    expect(String((await chunks.next()).value)).toBe('two');
    answer.discard();
  });

  it.each([429, 500, 503, 504])('tries again after %i, and tells how often it tried', async (status) => {
    await using service = await setup((_, response) => void response.writeHead(service.calls() === 1 ? status : 200).end('well'));
    const answer = await service.open();
    expect([answer.status, answer.tries, String(await answer.read(100))]).toEqual([200, 2, 'well']);
  });

  it('tries again where the connection breaks before the answer, or before its first byte', async () => {
    await using service = await setup((_, response) => {
      if (service.calls() === 1) response.socket?.resetAndDestroy();
      else if (service.calls() === 2) response.writeHead(200, { 'content-length': '9' }).flushHeaders();
      else response.end('well');
      if (service.calls() === 2) setImmediate(() => response.socket?.resetAndDestroy());
    });
    expect((await service.open()).tries).toBe(3);
  });

  it.each([
    [500, 502],
    [503, 503],
    [529, 503],
    [504, 504],
  ])('gives up on %i after three tries, as a %i', async (status, expected) => {
    await using service = await setup((_, response) => void response.writeHead(status).end('a secret'));
    await expect(service.open()).rejects.toMatchObject({ code: 'upstream_failed', status: expected });
    expect(service.calls()).toBe(3);
  });

  it('waits as long as it is asked to, where that is within bounds', async () => {
    const at: number[] = [];
    await using service = await setup((_, response) => {
      at.push(performance.now());
      response.writeHead(at.length === 1 ? 429 : 200, { 'retry-after': '1' }).end();
    });
    expect((await service.open()).status).toBe(200);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(990);
    at.length = 0;
    expect((await service.open({ maxRetryWaitMs: 900 })).status).toBe(429);
  });

  it('never tries again after the first byte', async () => {
    await using service = await setup((_, response) => {
      response.write('half', () => response.socket?.resetAndDestroy());
    });
    const answer = await service.open();
    await expect(answer.read(100)).rejects.toMatchObject({ code: 'upstream_invalid_answer' });
    expect(service.calls()).toBe(1);
  });

  it.each([true, false])('gives up once where no byte comes in time (headers: %s)', async (headers) => {
    await using service = await setup((_, response) => void (headers && response.flushHeaders()));
    await expect(service.open({ firstByteTimeoutMs: 100 })).rejects.toMatchObject({ code: 'upstream_timeout', status: 504 });
    expect(service.calls()).toBe(1);
  });

  it('cuts an answer that falls silent, and one that is too large', async () => {
    await using service = await setup((_, response) => void response.write('x'.repeat(1_000)));
    await expect((await service.open({ idleTimeoutMs: 100 })).read(10_000)).rejects.toMatchObject({ code: 'upstream_timeout' });
    await expect((await service.open()).read(100)).rejects.toMatchObject({ code: 'upstream_invalid_answer' });
  });

  it('opens the breaker by failures of the other side, and by nothing else', async () => {
    let status = 400;
    await using service = await setup((_, response) => void response.writeHead(status).end());
    for (let call = 0; call < 10; call++) (await service.open()).discard();
    expect(service.destination.state).toBe('closed');
    status = 500;
    for (let call = 0; call < 5; call++) await service.open().catch(() => undefined);
    await expect(service.open()).rejects.toMatchObject({ code: 'upstream_unavailable', status: 503 });
    expect(service.destination.state).toBe('open');
  });

  it('is 503 where nobody listens', async () => {
    await using service = await setup(() => undefined, `http://127.0.0.1:${await closedPort()}`);
    await expect(service.open()).rejects.toMatchObject({ code: 'upstream_unavailable', status: 503 });
  });

  it.each(['before the answer', 'in the middle of it', 'while it waits to try again'])('ends the call when its caller leaves %s', async (when) => {
    let closed = false;
    await using service = await setup((request, response) => {
      request.socket.on('close', () => (closed = true));
      if (when === 'in the middle of it') response.write('half');
      if (when === 'while it waits to try again') response.writeHead(429, { 'retry-after': '1' }).end();
    });
    const opened = service.open();
    const read = opened.then((answer) => answer.read(100));
    read.catch(() => undefined);
    await eventually(() => expect(service.calls()).toBe(1));
    if (when === 'in the middle of it') await opened;
    service.leaving.abort();
    await expect(read).rejects.toBeInstanceOf(ClientLeft);
    if (when !== 'while it waits to try again') await eventually(() => expect(closed).toBe(true));
    expect(service.calls()).toBe(1);
    await expect(service.open()).rejects.toBeInstanceOf(ClientLeft);
  });
});
