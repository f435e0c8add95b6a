import type { Principal } from '@plinth/http';
import { FakeLedger } from '@plinth/quotas/testing';
import { eventually } from '@plinth/testing';
import OpenAI from 'openai';
import { bootAiGateway, someCaller, type AiGatewayUnderTest } from '../testing.js';

const messages = [{ role: 'user' as const, content: 'how are you today' }];
const limit = 1_000_000;

let service: AiGatewayUnderTest;
let caller: Principal;
beforeAll(async () => {
  service = await bootAiGateway({ ledger: new FakeLedger(limit), firstByteTimeoutMs: 1_000, idleTimeoutMs: 1_000 });
});
beforeEach(() => {
  caller = someCaller();
});
afterAll(() => service.close());

/** What the ledger holds of a call with this body. */
const mostOf = (body: object, answer: number) => Buffer.byteLength(JSON.stringify(body)) + 64 + answer;

/** What the tenant's calls came to, by their records. */
async function recorded(): Promise<number> {
  const rows = await service.usageOf(caller);
  return rows.reduce((sum, row) => sum + Number(row.prompt_tokens) + Number(row.completion_tokens), 0);
}

describe('the tokens of a call to a model', () => {
  it('are reserved before the provider is asked, as many as it can use at most, and settled when the caller leaves', async () => {
    const { ledger } = service;
    const usedBefore = ledger.used;
    const body = { model: 'sim-endless', messages, stream: true };
    const stream = await service.openai(caller).chat.completions.create({ ...body, stream: true });
    expect(ledger.held).toBe(mostOf(body, 400));
    expect(service.simulator.journal.entries.at(-1)?.body).toContain('"max_completion_tokens":400');
    for await (const _ of stream) break;
    stream.controller.abort();
    await eventually(() => expect(ledger.held).toBe(0));
    expect(await service.usageOf(caller)).toEqual([expect.objectContaining({ ending: 'aborted' })]);
    expect(ledger.used - usedBefore).toBe(await recorded());
    expect(ledger.used - usedBefore).toBeGreaterThan(0);
  });

  it('are no more than the platform’s limit of an answer allows, which the provider is told', async () => {
    const body = { model: 'sim-slow', messages, max_tokens: 500_000, n: 2 };
    const asked = service.chat(caller, body);
    await eventually(() => expect(service.simulator.journal.entries.at(-1)?.body).toContain('"max_tokens":1000'));
    expect(service.ledger.held).toBe(mostOf(body, 2 * 1_000));
    expect((await asked).status).toBe(504);
    await eventually(() => expect(service.ledger.held).toBe(0));
  });

  it.each<[string, boolean]>([
    ['sim-chat', false],
    ['sim-chat', true],
    ['sim-no-usage', true],
    ['sim-400', false],
    ['sim-429', true],
    ['sim-500', false],
    ['sim-reset', true],
    ['sim-html', false],
    ['sim-malformed', true],
    ['sim-cut', true],
    ['sim-cut-clean', false],
    ['sim-error-frame', true],
    ['sim-stall', true],
    ['sim-hang', false],
  ])('are settled with what the record says, however it ends (%s, streamed: %s)', async (model, stream) => {
    const usedBefore = service.ledger.used;
    await (await service.chat(caller, { model, messages, stream })).text().catch(() => undefined);
    await eventually(async () => {
      expect(await service.usageOf(caller)).toHaveLength(1);
      expect(service.ledger.held).toBe(0);
    });
    expect(service.ledger.used - usedBefore).toBe(await recorded());
  });

  it('are reserved for no call that is given again by its key', async () => {
    const keyed = { headers: { 'idempotency-key': 'k-1' } };
    await service.chat(caller, { model: 'sim-chat', messages }, keyed);
    await eventually(() => expect(service.ledger.held).toBe(0));
    const before = service.ledger.asked.length;
    expect((await service.chat(caller, { model: 'sim-chat', messages }, keyed)).status).toBe(200);
    expect(service.ledger.asked).toHaveLength(before);
  });
});

describe('a tenant without room for a call', () => {
  afterEach(() => {
    service.ledger.limit = limit;
    service.ledger.away = undefined;
  });

  it('is told so in OpenAI’s shape before any provider hears of it, and may use the key again', async () => {
    const calls = service.simulator.journal.entries.length;
    service.ledger.limit = service.ledger.used + 400;
    const keyed = { headers: { 'idempotency-key': 'k-2' } };
    for (const stream of [false, true]) {
      const answer = await service.chat(caller, { model: 'sim-chat', messages, stream });
      expect(answer.status).toBe(429);
      expect(answer.headers.get('x-should-retry')).toBe('false');
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(answer.headers.get('ratelimit')).toMatch(/^"ai_tokens";r=0;t=\d+$/);
      expect(await answer.json()).toEqual({ error: { message: expect.stringContaining('quota'), type: 'insufficient_quota', param: null, code: 'quota_exhausted' } });
    }
    expect((await service.chat(caller, { model: 'sim-chat', messages }, keyed)).status).toBe(429);
    await expect(service.openai(caller).chat.completions.create({ model: 'sim-chat', messages })).rejects.toBeInstanceOf(OpenAI.RateLimitError);
    expect(service.simulator.journal.entries).toHaveLength(calls);
    expect(await service.usageOf(caller)).toEqual([]);
    // Who asks for less has room.
    expect((await service.chat(caller, { model: 'sim-chat', messages, max_tokens: 20 })).status).toBe(200);
    service.ledger.limit = limit;
    expect((await service.chat(caller, { model: 'sim-chat', messages }, keyed)).status).toBe(200);
  });

  it('and one whose room nobody can tell, is refused with 503; what runs is settled when the ledger is back', async () => {
    const stream = await service.openai(caller).chat.completions.create({ model: 'sim-drip', messages, stream: true });
    service.ledger.away = new Error('away');
    const calls = service.simulator.journal.entries.length;
    const refused = await service.chat(someCaller(), { model: 'sim-chat', messages });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await refused.json()).toMatchObject({ error: { type: 'server_error', code: 'quota_unconfirmed' } });
    expect(service.simulator.journal.entries).toHaveLength(calls);
    for await (const _ of stream);
    await eventually(() => expect(service.ledger.asked.at(-1)).toBe('settle'));
    expect(service.ledger.held).toBeGreaterThan(0);
    service.ledger.away = undefined;
    await eventually(() => expect(service.ledger.held).toBe(0));
  });
});

describe('few tokens left, and many calls over two replicas', () => {
  it('as many pass as there is room for, and no provider hears of the others', async () => {
    const body = { model: 'sim-slow', messages, max_tokens: 100 };
    const ledger = new FakeLedger(3 * mostOf(body, 100) + 50);
    const replicas = await Promise.all(Array.from({ length: 2 }, () => bootAiGateway({ ledger, firstByteTimeoutMs: 60_000 })));
    const leaving = new AbortController();
    const refused: unknown[] = [];
    const asked = Array.from({ length: 40 }, async (_, index) => {
      const answer = await replicas[index % 2]?.chat(caller, body, { signal: leaving.signal });
      refused.push(answer?.status);
    });
    const settled = Promise.allSettled(asked);
    const heard = () => replicas.reduce((sum, { simulator }) => sum + simulator.journal.entries.length, 0);
    await eventually(() => expect([refused, heard()]).toEqual([Array.from({ length: 37 }, () => 429), 3]), { withinMs: 30_000 });
    expect(ledger.held).toBe(3 * mostOf(body, 100));
    leaving.abort();
    expect((await settled).filter(({ status }) => status === 'rejected')).toHaveLength(3);
    await eventually(() => expect(ledger.held).toBe(0));
    expect(ledger.used).toBeLessThanOrEqual(ledger.limit);
    await Promise.all(replicas.map((replica) => replica.close()));
  });
});

describe('a service that stops', () => {
  it('has settled before it is gone', async () => {
    const stopping = await bootAiGateway();
    const stream = await stopping.openai(caller).chat.completions.create({ model: 'sim-chat', messages, stream: true });
    stopping.ledger.away = new Error('away');
    for await (const _ of stream);
    await eventually(() => expect(stopping.ledger.asked.at(-1)).toBe('settle'));
    const closed = stopping.close();
    stopping.ledger.away = undefined;
    await closed;
    expect([stopping.ledger.used, stopping.ledger.held]).toEqual([10, 0]);
  });
});
