import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { eventually } from '@plinth/testing';
import { Destination } from './destination.js';
import type { ForwardOutcome } from './forwarded-exchange.js';
import { Forwarder } from './forwarder.js';
import { answerOf, closedPort, LocalServer, MIB, startProxy } from './testing.js';

describe('Forwarder, when one side fails the other,', () => {
  it('ends the call to the other side when the client leaves before the answer', async () => {
    let called = false;
    let aborted = false;
    await using proxy = await startProxy((request) => {
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
    await using proxy = await startProxy((_, response) => {
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
    await using proxy = await startProxy((request) => {
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
    await using proxy = await startProxy((__, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('half', () => response.socket?.[how]());
    });
    const request = proxy.send('GET');
    request.end();
    await expect(answerOf(request)).rejects.toMatchObject({ code: 'ECONNRESET' });
    await eventually(() => expect(proxy.outcomes).toEqual([{ status: 200, ending: 'upstream_cut' }]));
  });

  it('answers 504 when the first byte does not come in time', async () => {
    await using proxy = await startProxy(() => undefined, { firstByteTimeoutMs: 100 });
    const request = proxy.send('GET');
    request.end();
    expect(await answerOf(request)).toMatchObject({ status: 504, body: Buffer.from('upstream_timeout') });
  });

  it('answers 408 when it is the client who does not send', async () => {
    await using proxy = await startProxy(() => undefined, { firstByteTimeoutMs: 100 });
    const request = proxy.send('POST', { 'content-length': '1000' });
    request.write('half');
    expect(await answerOf(request)).toMatchObject({ status: 408, body: Buffer.from('request_timeout'), headers: { connection: 'close' } });
    request.destroy();
    expect(proxy.destination.state).toBe('closed');
  });

  it('lets a body take longer than the time limit as long as it moves', async () => {
    let received = 0;
    await using proxy = await startProxy(
      (request, response) => {
        request.on('data', () => (received += 1)).on('end', () => response.end('all'));
      },
      { firstByteTimeoutMs: 1_000 },
    );
    const request = proxy.send('POST', { 'transfer-encoding': 'chunked' });
    const began = performance.now();
    let chunks = 0;
    while (performance.now() - began < 1_500) {
      request.write('x');
      chunks += 1;
      await eventually(() => expect(received).toBe(chunks));
    }
    request.end();
    expect((await answerOf(request)).body.toString()).toBe('all');
  });

  it('answers 503 with Retry-After at once when nobody listens, and the breaker opens', async () => {
    await using proxy = await startProxy(() => undefined, {}, await closedPort());
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
    await using proxy = await startProxy((request) => {
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
    await using proxy = await startProxy((_, response) => response.writeHead(503, { 'retry-after': '7' }).end('busy'));
    for (let call = 0; call < 30; call++) {
      const request = proxy.send('GET');
      request.end();
      expect(await answerOf(request)).toMatchObject({ status: 503, headers: { 'retry-after': '7' }, body: Buffer.from('busy') });
    }
    expect(proxy.destination.state).toBe('closed');
  });

  it('answers early and keeps the connection usable when the other side does not want the body', async () => {
    await using proxy = await startProxy((_, response) => response.writeHead(401).end('no'));
    const request = proxy.send('POST', { 'content-length': String(MIB) });
    request.on('error', () => undefined);
    request.end(Buffer.alloc(MIB));
    expect(await answerOf(request)).toMatchObject({ status: 401, body: Buffer.from('no') });
  });

  it('gives up on a client that stops reading', async () => {
    await using proxy = await startProxy(
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
