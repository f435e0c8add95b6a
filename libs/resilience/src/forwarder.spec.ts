import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type ClientRequest, type IncomingMessage, type RequestListener } from 'node:http';
import type { Problem } from '@plinth/kernel';
import { eventually } from '@plinth/testing';
import { Destination } from './destination.js';
import type { ForwardOutcome } from './forwarded-exchange.js';
import { Forwarder, type ForwardOptions } from './forwarder.js';
import { closedPort, LocalServer } from './testing.js';

const MIB = 1_048_576;

/** A proxy before the given upstream; what it could not forward it answers as a status and a code. */
async function setup(upstream: RequestListener, over: Partial<ForwardOptions> = {}, upstreamPort?: number) {
  const server = await LocalServer.listen(upstream);
  const destination = new Destination({ name: 'upstream', url: `http://127.0.0.1:${upstreamPort ?? server.port}`, breaker: { volumeThreshold: 5 } });
  const forwarder = new Forwarder(destination);
  const outcomes: (ForwardOutcome | string)[] = [];
  const proxy = await LocalServer.listen((request, response) => {
    const options: ForwardOptions = {
      path: request.url ?? '/',
      requestHeaders: { 'x-added': 'by the proxy' },
      dropRequestHeader: (name) => name === 'x-secret',
      answerHeaders: { 'x-frame-options': 'DENY' },
      dropAnswerHeader: (name) => name === 'x-internal',
      bodyLimitBytes: MIB,
      firstByteTimeoutMs: 5_000,
      ...over,
    };
    forwarder.forward(request, response, options).then(
      (outcome) => outcomes.push(outcome),
      (problem: Problem) => {
        outcomes.push(problem.code);
        response.writeHead(problem.status, { ...problem.extra.headers }).end(problem.code);
      },
    );
  });
  const send = (method: string, headers: Record<string, string> = {}): ClientRequest =>
    httpRequest({ host: '127.0.0.1', port: proxy.port, method, path: '/some/path?q=1', headers, agent: false });
  return {
    send,
    outcomes,
    destination,
    server,
    [Symbol.asyncDispose]: async () => {
      await destination.close();
      await proxy.stop();
      await server.stop();
    },
  };
}

async function answerOf(request: ClientRequest): Promise<{ status: number | undefined; headers: IncomingMessage['headers']; body: Buffer }> {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
}

const sha256 = (data: Buffer) => createHash('sha256').update(data).digest('hex');

describe('Forwarder', () => {
  it('passes method, path, headers, status and bodies of both directions byte for byte', async () => {
    await using proxy = await setup((request, response) => {
      const { 'x-added': added, 'x-secret': secret, 'x-custom': custom, connection } = request.headers;
      const facts = JSON.stringify({ method: request.method, url: request.url, added, secret: secret ?? null, custom, connection });
      response.writeHead(418, 'I am a teapot', { 'x-facts': facts, 'x-internal': 'hidden', 'x-frame-options': 'ALLOW', 'set-cookie': ['a=1', 'b=2'] });
      request.pipe(response);
    });
    const body = randomBytes(MIB);
    const request = proxy.send('PUT', { 'x-custom': 'kept', 'x-secret': 'dropped', 'content-length': String(body.length) });
    request.end(body);
    const answer = await answerOf(request);
    expect(answer.status).toBe(418);
    expect(sha256(answer.body)).toBe(sha256(body));
    expect(JSON.parse(String(answer.headers['x-facts']))).toEqual({
      method: 'PUT',
      url: '/some/path?q=1',
      added: 'by the proxy',
      secret: null,
      custom: 'kept',
      connection: 'keep-alive',
    });
    expect(answer.headers).toMatchObject({ 'x-frame-options': 'DENY', 'set-cookie': ['a=1', 'b=2'] });
    expect(answer.headers['x-internal']).toBeUndefined();
    expect(proxy.outcomes).toEqual([{ status: 418, ending: 'complete' }]);
  });

  it('answers HEAD and 204 without a body', async () => {
    await using proxy = await setup((request, response) => {
      if (request.method === 'HEAD') response.writeHead(200, { 'content-length': '12345' }).end();
      else response.writeHead(204).end();
    });
    const head = proxy.send('HEAD');
    head.end();
    expect(await answerOf(head)).toMatchObject({ status: 200, headers: { 'content-length': '12345' }, body: Buffer.alloc(0) });
    const remove = proxy.send('DELETE');
    remove.end();
    expect((await answerOf(remove)).status).toBe(204);
  });

  it('passes each chunk of an answer on before the next exists', async () => {
    let next: (chunk: string) => void = () => undefined;
    await using proxy = await setup((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      next = (chunk) => (chunk === '' ? response.end() : response.write(chunk));
    });
    const request = proxy.send('GET');
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    for (const chunk of ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']) {
      next(chunk);
      const [received] = (await once(response, 'data')) as [Buffer];
      expect(received.toString()).toBe(chunk);
    }
    next('');
    await once(response, 'end');
  });

  it('passes each chunk of a request on before the next exists', async () => {
    const received: string[] = [];
    await using proxy = await setup((request, response) => {
      request.on('data', (chunk: Buffer) => received.push(chunk.toString()));
      request.on('end', () => response.end('done'));
    });
    const request = proxy.send('POST', { 'transfer-encoding': 'chunked' });
    for (const chunk of ['one', 'two', 'three']) {
      request.write(chunk);
      await eventually(() => expect(received.at(-1)).toBe(chunk));
    }
    request.end();
    expect((await answerOf(request)).body.toString()).toBe('done');
  });

  it('refuses a body that announces more than the limit without calling the other side', async () => {
    let calls = 0;
    await using proxy = await setup(() => (calls += 1));
    const request = proxy.send('POST', { 'content-length': String(MIB + 1) });
    request.on('error', () => undefined);
    request.write('x');
    expect(await answerOf(request)).toMatchObject({ status: 413, body: Buffer.from('body_too_large') });
    expect(calls).toBe(0);
    request.destroy();
  });

  it('stops a chunked body at the limit, ends the call to the other side, and answers', async () => {
    let aborted = false;
    let arrived = 0;
    await using proxy = await setup((request) => {
      request.on('data', (chunk: Buffer) => (arrived += chunk.length));
      request.on('error', () => (aborted = true));
    });
    const request = proxy.send('POST', { 'transfer-encoding': 'chunked' });
    request.on('error', () => undefined);
    const chunk = Buffer.alloc(65_536);
    for (let sent = 0; sent < 4 * MIB; sent += chunk.length) request.write(chunk);
    request.end();
    expect(await answerOf(request)).toMatchObject({ status: 413, body: Buffer.from('body_too_large') });
    await eventually(() => expect(aborted).toBe(true));
    expect(arrived).toBeLessThanOrEqual(MIB);
  });

  it('takes a body of exactly the limit', async () => {
    await using proxy = await setup((request, response) => {
      request.resume().on('end', () => response.end('taken'));
    });
    const request = proxy.send('POST', { 'transfer-encoding': 'chunked' });
    request.end(Buffer.alloc(MIB));
    expect((await answerOf(request)).status).toBe(200);
  });

  it('holds a fast sender back when the other side does not read', async () => {
    let readAll: () => void = () => undefined;
    await using proxy = await setup(
      (request, response) => {
        request.pause();
        readAll = () => request.resume().on('end', () => response.end('read'));
      },
      { bodyLimitBytes: 200 * MIB },
    );
    const request = proxy.send('POST', { 'content-length': String(100 * MIB) });
    request.flushHeaders();
    const chunk = Buffer.alloc(MIB);
    let sent = 0;
    let movedAt = 0;
    const more = () => {
      while (sent < 100 * MIB) {
        sent += chunk.length;
        movedAt = performance.now();
        if (!request.write(chunk)) return;
      }
      request.end();
    };
    request.on('drain', more);
    more();
    // Every buffer on the way fills up, and then nothing moves.
    await eventually(() => expect(performance.now() - movedAt).toBeGreaterThan(300));
    expect(sent).toBeLessThan(100 * MIB);
    readAll();
    expect((await answerOf(request)).body.toString()).toBe('read');
    expect(sent).toBe(100 * MIB);
  }, 20_000);

  it('holds the other side back when the client does not read', async () => {
    let written = 0;
    let movedAt = 0;
    await using proxy = await setup((_, response) => {
      const chunk = Buffer.alloc(MIB);
      const more = () => {
        while (written < 200 * MIB) {
          written += chunk.length;
          movedAt = performance.now();
          if (!response.write(chunk)) return;
        }
        response.end();
      };
      response.on('drain', more);
      more();
    });
    const request = proxy.send('GET');
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.pause();
    await eventually(() => expect(performance.now() - movedAt).toBeGreaterThan(300));
    expect(written).toBeLessThan(100 * MIB);
    let received = 0;
    for await (const chunk of response) received += (chunk as Buffer).length;
    expect(received).toBe(200 * MIB);
  }, 20_000);

  it('ends the call to the other side when the client leaves before the answer', async () => {
    let called = false;
    let aborted = false;
    await using proxy = await setup((request) => {
      called = true;
      request.socket.on('close', () => (aborted = true));
    });
    const request = proxy.send('GET');
    request.on('error', () => undefined);
    request.end();
    await eventually(() => expect(called).toBe(true));
    request.destroy();
    await eventually(() => expect(aborted).toBe(true));
    expect(proxy.outcomes).toEqual([{ status: undefined, ending: 'client_left' }]);
    expect(proxy.destination.state).toBe('closed');
  });

  it('makes no call for a client that has left before it was forwarded', async () => {
    let calls = 0;
    await using upstream = await LocalServer.listen(() => (calls += 1));
    const destination = new Destination({ name: 'upstream', url: upstream.url });
    let outcome: ForwardOutcome | undefined;
    const options = { path: '/', requestHeaders: {}, dropRequestHeader: () => false, answerHeaders: {}, dropAnswerHeader: () => false };
    await using proxy = await LocalServer.listen((request, response) => {
      response.on('close', () => {
        void new Forwarder(destination)
          .forward(request, response, { ...options, bodyLimitBytes: MIB, firstByteTimeoutMs: 5_000 })
          .then((ended) => (outcome = ended));
      });
      request.socket.destroy();
    });
    httpRequest(proxy.url).on('error', () => undefined).end();
    await eventually(() => expect(outcome).toEqual({ status: undefined, ending: 'client_left' }));
    expect(calls).toBe(0);
    await destination.close();
  });

  it('ends the call to the other side when the client leaves in the middle of the answer', async () => {
    let aborted = false;
    await using proxy = await setup((_, response) => {
      response.write('first');
      response.on('close', () => (aborted = true));
    });
    const request = proxy.send('GET');
    request.on('error', () => undefined);
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    await once(response, 'data');
    response.on('error', () => undefined);
    request.destroy();
    await eventually(() => expect(aborted).toBe(true));
    await eventually(() => expect(proxy.outcomes).toEqual([{ status: 200, ending: 'client_left' }]));
  });

  it('ends the call to the other side when the client leaves in the middle of its body', async () => {
    let received = false;
    let aborted = false;
    await using proxy = await setup((request) => {
      request.on('data', () => (received = true));
      request.on('error', () => (aborted = true));
    });
    const request = proxy.send('POST', { 'content-length': '1000' });
    request.on('error', () => undefined);
    request.write('half');
    await eventually(() => expect(received).toBe(true));
    request.destroy();
    await eventually(() => expect(aborted).toBe(true));
  });

  it.each([['cleanly', 'end'], ['by reset', 'resetAndDestroy']] as const)('cuts the answer for the client when the other side cuts it %s', async (_, how) => {
    await using proxy = await setup((__, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('half', () => response.socket?.[how]());
    });
    const request = proxy.send('GET');
    request.end();
    await expect(answerOf(request)).rejects.toMatchObject({ code: 'ECONNRESET' });
    await eventually(() => expect(proxy.outcomes).toEqual([{ status: 200, ending: 'upstream_cut' }]));
  });

  it('answers 504 when the first byte does not come in time', async () => {
    await using proxy = await setup(() => undefined, { firstByteTimeoutMs: 100 });
    const request = proxy.send('GET');
    request.end();
    expect(await answerOf(request)).toMatchObject({ status: 504, body: Buffer.from('upstream_timeout') });
  });

  it('answers 408 when it is the client who does not send', async () => {
    await using proxy = await setup(() => undefined, { firstByteTimeoutMs: 100 });
    const request = proxy.send('POST', { 'content-length': '1000' });
    request.write('half');
    expect(await answerOf(request)).toMatchObject({ status: 408, body: Buffer.from('request_timeout'), headers: { connection: 'close' } });
    request.destroy();
    expect(proxy.destination.state).toBe('closed');
  });

  it('lets a body take longer than the time limit as long as it moves', async () => {
    let received = 0;
    await using proxy = await setup(
      (request, response) => {
        request.on('data', () => (received += 1)).on('end', () => response.end('all'));
      },
      { firstByteTimeoutMs: 250 },
    );
    const request = proxy.send('POST', { 'transfer-encoding': 'chunked' });
    const began = performance.now();
    let chunks = 0;
    while (performance.now() - began < 600) {
      request.write('x');
      chunks += 1;
      await eventually(() => expect(received).toBe(chunks));
    }
    request.end();
    expect((await answerOf(request)).body.toString()).toBe('all');
  });

  it('answers 503 with Retry-After at once when nobody listens, and the breaker opens', async () => {
    await using proxy = await setup(() => undefined, {}, await closedPort());
    for (let call = 0; call < 6; call++) {
      const began = performance.now();
      const request = proxy.send('POST');
      request.end();
      expect(await answerOf(request)).toMatchObject({ status: 503, headers: { 'retry-after': expect.stringMatching(/^[1-5]$/) as string } });
      expect(performance.now() - began).toBeLessThan(5_000);
    }
    expect(proxy.destination.state).toBe('open');
  });

  it('answers 502 when the other side breaks off before its answer, and tries a read once more', async () => {
    let calls = 0;
    await using proxy = await setup((request) => {
      calls += 1;
      request.socket.destroy();
    });
    const post = proxy.send('POST');
    post.end();
    expect((await answerOf(post)).status).toBe(502);
    expect(calls).toBe(1);
    const get = proxy.send('GET');
    get.end();
    expect((await answerOf(get)).status).toBe(502);
    expect(calls).toBe(3);
  });

  it('leaves the breaker closed whatever status the other side answers', async () => {
    await using proxy = await setup((_, response) => response.writeHead(503, { 'retry-after': '7' }).end('busy'));
    for (let call = 0; call < 30; call++) {
      const request = proxy.send('GET');
      request.end();
      expect(await answerOf(request)).toMatchObject({ status: 503, headers: { 'retry-after': '7' }, body: Buffer.from('busy') });
    }
    expect(proxy.destination.state).toBe('closed');
  });

  it('answers early and keeps the connection usable when the other side does not want the body', async () => {
    await using proxy = await setup((_, response) => response.writeHead(401).end('no'));
    const request = proxy.send('POST', { 'content-length': String(MIB) });
    request.on('error', () => undefined);
    request.end(Buffer.alloc(MIB));
    expect(await answerOf(request)).toMatchObject({ status: 401, body: Buffer.from('no') });
  });

  it('gives up on a client that stops reading', async () => {
    await using proxy = await setup(
      (_, response) => {
        response.on('error', () => undefined);
        const chunk = Buffer.alloc(MIB);
        const more = () => {
          while (!response.destroyed && response.write(chunk));
        };
        response.on('drain', more);
        more();
      },
      { idleTimeoutMs: 200 },
    );
    const request = proxy.send('GET');
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.pause();
    response.on('error', () => undefined);
    await eventually(() => expect(proxy.outcomes).toEqual([{ status: 200, ending: 'client_stalled' }]));
    request.destroy();
  });
});
