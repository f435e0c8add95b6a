import { once } from 'node:events';
import type { RequestListener, ServerResponse } from 'node:http';
import { Metrics } from '@plinth/telemetry';
import { eventually } from '@plinth/testing';
import { Destination, type DestinationOptions } from './destination.js';
import { HttpClient } from './http-client.js';
import { ClientLeft } from './request-body.js';
import { StreamingClient } from './streaming-client.js';
import { answerOf, LocalServer, startProxy } from './testing.js';

async function setup(listener: RequestListener, options: Partial<DestinationOptions> = {}) {
  let calls = 0;
  const server = await LocalServer.listen((request, response) => {
    calls += 1;
    listener(request, response);
  });
  const metrics = new Metrics('test');
  const destination = new Destination({ name: 'other', url: server.url, metrics, ...options });
  const client = new HttpClient(destination);
  return {
    destination,
    client,
    calls: () => calls,
    post: (timeoutMs = 5_000) => client.request({ method: 'POST', path: '/', timeoutMs }).then(({ status }) => status, ({ code }: { code: string }) => code),
    text: async () => (await metrics.text()).body,
    [Symbol.asyncDispose]: async () => {
      await destination.close();
      await server.stop();
    },
  };
}

const breaker = { volumeThreshold: 5, resetMs: 100 };

describe('the breaker of a destination', () => {
  it('opens by failures, tries one call after its time, opens again by its failure, and closes by its success', async () => {
    let broken = true;
    const held: ServerResponse[] = [];
    await using test = await setup((request, response) => {
      if (request.url === '/held') held.push(response);
      else if (broken) response.socket?.resetAndDestroy();
      else response.end();
    }, { breaker });
    for (let call = 0; call < 5; call++) expect(await test.post()).toBe('upstream_invalid_answer');
    expect([test.destination.state, await test.post(), test.calls()]).toEqual(['open', 'upstream_unavailable', 5]);

    await eventually(() => expect(test.destination.state).toBe('half_open'));
    expect(await test.post()).toBe('upstream_invalid_answer');
    expect([test.destination.state, await test.post(), test.calls()]).toEqual(['open', 'upstream_unavailable', 6]);

    broken = false;
    await eventually(() => expect(test.destination.state).toBe('half_open'));
    // While the one call is under way the others are refused, and not tried.
    const probe = test.client.request({ method: 'POST', path: '/held' });
    await eventually(() => expect(held).toHaveLength(1));
    expect([await test.post(), test.calls()]).toEqual(['upstream_unavailable', 7]);
    held[0]?.end();
    expect((await probe).status).toBe(200);
    expect([test.destination.state, await test.post()]).toEqual(['closed', 200]);
  });

  it.each([400, 401, 404, 409, 422, 429, 500, 503])('stays closed under answers of %i', async (status) => {
    await using test = await setup((_, response) => response.writeHead(status).end(), { breaker });
    for (let call = 0; call < 20; call++) expect(await test.post()).toBe(status);
    expect(test.destination.state).toBe('closed');
  });

  it('opens by calls that take too long', async () => {
    await using test = await setup(() => undefined, { breaker: { volumeThreshold: 5, resetMs: 60_000 } });
    for (let call = 0; call < 5; call++) expect(await test.post(20)).toBe('upstream_timeout');
    expect(test.destination.state).toBe('open');
  });

  it('is not closed by a call that was given up before it had an answer', async () => {
    let broken = true;
    await using test = await setup((_, response) => void (broken && response.socket?.resetAndDestroy()), { breaker });
    for (let call = 0; call < 5; call++) await test.post();
    await eventually(() => expect(test.destination.state).toBe('half_open'));
    broken = false;
    const left = new AbortController();
    const limits = { firstByteTimeoutMs: 5_000, idleTimeoutMs: 5_000, maxRetryWaitMs: 0 };
    const probe = new StreamingClient(test.destination).open({ method: 'GET', path: '/', headers: {}, signal: left.signal, ...limits });
    await eventually(() => expect(test.calls()).toBe(6));
    left.abort();
    await expect(probe).rejects.toBeInstanceOf(ClientLeft);
    expect(test.destination.state).toBe('open');
  });

  it('shows its state, the calls and the retries in the metrics', async () => {
    let broken = false;
    await using test = await setup((_, response) => (broken ? response.socket?.resetAndDestroy() : response.end()), { breaker: { volumeThreshold: 5, resetMs: 60_000 } });
    const state = (name: string, value: number) => `plinth_resilience_breaker_state{destination="other",state="${name}",service="test"} ${value}`;
    const calls = (outcome: string, count: number) => `plinth_resilience_calls_total{destination="other",outcome="${outcome}",service="test"} ${count}`;
    await test.post();
    const closed = await test.text();
    for (const line of [state('closed', 1), state('open', 0), calls('answered', 1)]) expect(closed).toContain(line);
    broken = true;
    // Three tries, of which the budget pays two.
    await expect(test.client.request({ path: '/' })).rejects.toMatchObject({ status: 502 });
    for (let call = 0; call < 3; call++) await test.post();
    const open = await test.text();
    for (const line of [state('closed', 0), state('open', 1), calls('failed', 4), calls('refused', 2)]) expect(open).toContain(line);
    expect(open).toContain('plinth_resilience_retries_total{destination="other",outcome="made",service="test"} 2');
  });
});

describe('the bulkhead of a destination', () => {
  it('bounds calls at a time and calls that wait, and refuses the rest at once, with Retry-After', async () => {
    const held: ServerResponse[] = [];
    await using test = await setup((_, response) => void held.push(response), { connections: 2, queued: 1, queueWaitMs: 60_000 });
    const answers = Array.from({ length: 4 }, () => test.post());
    expect(await answers[3]).toBe('upstream_overloaded');
    await eventually(() => expect(held).toHaveLength(2));
    await expect(test.client.request({ method: 'POST', path: '/' })).rejects.toMatchObject({ status: 503, extra: { headers: { 'retry-after': '1' } } });
    const text = await test.text();
    expect(text).toContain('plinth_resilience_bulkhead_calls{destination="other",state="running",service="test"} 2');
    expect(text).toContain('plinth_resilience_bulkhead_calls{destination="other",state="waiting",service="test"} 1');
    expect(text).toContain('plinth_resilience_calls_total{destination="other",outcome="overloaded",service="test"} 2');
    held.splice(0).forEach((response) => response.end());
    await eventually(() => expect(held).toHaveLength(1));
    held[0]?.end();
    expect(await Promise.all(answers)).toEqual([200, 200, 200, 'upstream_overloaded']);
    expect(test.destination.state).toBe('closed');
  });

  it('lets a call that waits for a place run out of its own time', async () => {
    const held: ServerResponse[] = [];
    await using test = await setup((_, response) => void held.push(response), { connections: 1, queueWaitMs: 60_000 });
    const first = test.post();
    await eventually(() => expect(held).toHaveLength(1));
    expect(await test.post(20)).toBe('upstream_overloaded');
    held[0]?.end();
    expect(await first).toBe(200);
  });

  it('holds the place of a streamed answer until it has been read', async () => {
    await using test = await setup((_, response) => response.write('first'), { connections: 1, queued: 0 });
    const limits = { firstByteTimeoutMs: 5_000, idleTimeoutMs: 5_000, maxRetryWaitMs: 0 };
    const answer = await new StreamingClient(test.destination).open({ method: 'GET', path: '/', headers: {}, signal: new AbortController().signal, ...limits });
    expect(await test.post()).toBe('upstream_overloaded');
    answer.discard();
    await eventually(() => expect(test.destination.idle).toBe(true));
  });

  it('holds the place of a forwarded request until its answer has ended', async () => {
    const held: ServerResponse[] = [];
    await using proxy = await startProxy((_, response) => {
      response.write('first');
      held.push(response);
    }, {}, undefined, { connections: 1, queued: 0 });
    const first = proxy.send('GET');
    first.end();
    await once(first, 'response');
    const second = proxy.send('GET');
    second.end();
    expect(await answerOf(second)).toMatchObject({ status: 503, headers: { 'retry-after': '1' }, body: Buffer.from('upstream_overloaded') });
    held[0]?.end();
    await eventually(() => expect(proxy.destination.idle).toBe(true));
    const third = proxy.send('GET');
    third.end();
    await once(third, 'response');
    held[1]?.end();
  });
});
