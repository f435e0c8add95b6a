import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Metrics } from '@plinth/telemetry';
import { eventually } from '@plinth/testing';
import { OutsideCall, type OutsideCallOptions } from './outside-call.js';

/** What our sample protocol's client throws for `no`: the other side is there, and says no. */
class Refusal extends Error {}

/** A line of a line protocol over TCP: something that is not HTTP, and has a real server. */
async function ask(port: number, line: string, signal: AbortSignal): Promise<string> {
  const socket = createConnection({ port, host: '127.0.0.1', signal });
  try {
    await once(socket, 'connect');
    socket.write(`${line}\n`);
    const [answer] = (await once(socket, 'data', { signal })) as [Buffer];
    if (String(answer) === 'no') throw new Refusal('no');
    return String(answer);
  } finally {
    socket.destroy();
  }
}

async function setup(answer: (socket: Socket, line: string) => void, over: Partial<OutsideCallOptions> = {}) {
  let calls = 0;
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (line) => {
      calls += 1;
      answer(socket, String(line).trim());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const metrics = new Metrics('test');
  const outside = new OutsideCall({ name: 'sample', isAnswer: (error) => error instanceof Refusal, timeoutMs: 5_000, breaker: { volumeThreshold: 5, resetMs: 100 }, metrics, ...over });
  return {
    outside,
    calls: () => calls,
    say: (line: string, limits = {}) => outside.run((signal) => ask(port, line, signal), limits),
    text: async () => (await metrics.text()).body,
    [Symbol.asyncDispose]: async () => {
      await outside.close();
      server.close();
    },
  };
}

describe('OutsideCall', () => {
  it('gives what the other side answers, and counts it', async () => {
    await using test = await setup((socket, line) => socket.end(line.toUpperCase()));
    expect(await test.say('hello')).toBe('HELLO');
    expect(await test.text()).toContain('plinth_resilience_calls_total{destination="sample",outcome="answered",service="test"} 1');
  });

  it('passes on an answer that is an error, tries it once, and the breaker stays closed', async () => {
    await using test = await setup((socket) => socket.end('no'));
    for (let call = 0; call < 20; call++) await expect(test.say('x', { repeatable: true })).rejects.toBeInstanceOf(Refusal);
    expect([test.calls(), test.outside.state]).toEqual([20, 'closed']);
  });

  it('tries again what may be repeated, and only that', async () => {
    await using test = await setup((socket, line) => (test.calls() % 3 === 0 ? socket.end(line) : socket.resetAndDestroy()));
    expect(await test.say('x', { repeatable: true })).toBe('x');
    expect(test.calls()).toBe(3);
    await expect(test.say('x')).rejects.toMatchObject({ code: 'upstream_invalid_answer', status: 502 });
    expect(test.calls()).toBe(4);
    expect(await test.text()).toContain('plinth_resilience_retries_total{destination="sample",outcome="made",service="test"} 2');
  });

  it('gives up in time, aborts the call, and holds its place until the call has ended', async () => {
    let aborted = false;
    await using test = await setup((socket) => socket.on('close', () => (aborted = true)), { timeoutMs: 100, concurrent: 1 });
    await expect(test.say('x')).rejects.toMatchObject({ code: 'upstream_timeout', status: 504 });
    await eventually(() => expect(aborted).toBe(true));

    let end: () => void = () => undefined;
    const deaf = () => new Promise<void>((resolve) => (end = resolve));
    await expect(test.outside.run(deaf)).rejects.toMatchObject({ code: 'upstream_timeout' });
    await expect(test.outside.run(deaf)).rejects.toMatchObject({ code: 'upstream_overloaded', status: 503 });
    end();
    await eventually(async () => expect(await test.text()).toContain('plinth_resilience_bulkhead_calls{destination="sample",state="running",service="test"} 0'));
  });

  it('ends when its caller gives up, which is nobody’s failure', async () => {
    await using test = await setup(() => undefined);
    for (let call = 0; call < 10; call++) {
      const left = new AbortController();
      const asked = test.say('x', { signal: left.signal });
      await eventually(() => expect(test.calls()).toBe(call + 1));
      left.abort(new Error('left'));
      await expect(asked).rejects.toThrow('left');
    }
    expect(test.outside.state).toBe('closed');
  });

  it('opens its breaker when the other side is gone, for one tenant where it is that tenant’s', async () => {
    await using test = await setup((socket, line) => (line === 'fine' ? socket.end('fine') : socket.resetAndDestroy()));
    for (let call = 0; call < 5; call++) await expect(test.say('x', { tenantId: 'one' })).rejects.toMatchObject({ status: 502 });
    const before = test.calls();
    await expect(test.say('fine', { tenantId: 'one' })).rejects.toMatchObject({ code: 'upstream_unavailable', status: 503 });
    expect(test.calls()).toBe(before);
    expect(await test.say('fine', { tenantId: 'two' })).toBe('fine');
    expect(await test.say('fine')).toBe('fine');
    // After its reset it lets one call through, and closes by it.
    await eventually(async () => expect(await test.say('fine', { tenantId: 'one' })).toBe('fine'));
  });
});
