import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { eventually } from '@plinth/testing';
import { answerOf, MIB, startProxy } from './testing.js';

const sha256 = (data: Buffer) => createHash('sha256').update(data).digest('hex');

describe('Forwarder', () => {
  it('passes method, path, headers, status and bodies of both directions byte for byte', async () => {
    await using proxy = await startProxy((request, response) => {
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
    await using proxy = await startProxy((request, response) => {
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
    await using proxy = await startProxy((_, response) => {
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
    await using proxy = await startProxy((request, response) => {
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
    await using proxy = await startProxy(() => (calls += 1));
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
    await using proxy = await startProxy((request) => {
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
    await using proxy = await startProxy((request, response) => {
      request.resume().on('end', () => response.end('taken'));
    });
    const request = proxy.send('POST', { 'transfer-encoding': 'chunked' });
    request.end(Buffer.alloc(MIB));
    expect((await answerOf(request)).status).toBe(200);
  });

  it('holds a fast sender back when the other side does not read', async () => {
    let readAll: () => void = () => undefined;
    await using proxy = await startProxy(
      (request, response) => {
        request.pause();
        readAll = () => request.resume().on('end', () => response.end('read'));
      },
      { bodyLimitBytes: 65 * MIB },
    );
    const request = proxy.send('POST', { 'content-length': String(64 * MIB) });
    request.flushHeaders();
    const chunk = Buffer.alloc(MIB);
    let sent = 0;
    let movedAt = 0;
    const more = () => {
      while (sent < 64 * MIB) {
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
    expect(sent).toBeLessThan(64 * MIB);
    readAll();
    expect((await answerOf(request)).body.toString()).toBe('read');
    expect(sent).toBe(64 * MIB);
  }, 20_000);

  it('holds the other side back when the client does not read', async () => {
    let written = 0;
    let movedAt = 0;
    await using proxy = await startProxy((_, response) => {
      const chunk = Buffer.alloc(MIB);
      const more = () => {
        while (written < 64 * MIB) {
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
    expect(written).toBeLessThan(64 * MIB);
    let received = 0;
    for await (const chunk of response) received += (chunk as Buffer).length;
    expect(received).toBe(64 * MIB);
  }, 20_000);
});
