import { eventually } from '@plinth/testing';
import { bootAiGateway, someCaller } from '../testing.js';

const messages = [{ role: 'user' as const, content: 'how are you today' }];

describe('a call to a provider that fails for the moment', () => {
  it.each(['sim-429-then-ok', 'sim-500-then-ok', 'sim-reset-then-ok'])('is tried again before its first byte (%s), whole and streamed', async (model) => {
    const service = await bootAiGateway();
    for (const stream of [false, true]) {
      const answer = await service.chat(someCaller(), { model, messages, stream });
      expect(answer.status).toBe(200);
      expect(await answer.text()).toContain('today');
    }
    expect(service.simulator.journal.entries).toHaveLength(4);
    await service.close();
  });

  it('is tried three times at most, not at all where it is asked to wait too long, and never after the first byte', async () => {
    const service = await bootAiGateway();
    const calls = async (model: string) => {
      const before = service.simulator.journal.entries.length;
      await (await service.chat(someCaller(), { model, messages, stream: true })).text().catch(() => undefined);
      return service.simulator.journal.entries.length - before;
    };
    expect(await calls('sim-500')).toBe(3);
    expect(await calls('sim-429')).toBe(1);
    expect(await calls('sim-cut')).toBe(1);
    await service.close();
  });
});

describe('a provider that is slow', () => {
  it('is given up with 504, before and after its headers, and is not tried again', async () => {
    const service = await bootAiGateway({ firstByteTimeoutMs: 400 });
    for (const [model, stream] of [['sim-slow', false], ['sim-slow', true], ['sim-hang', false], ['sim-hang', true]] as const) {
      const caller = someCaller();
      const answer = await service.chat(caller, { model, messages, stream });
      expect(answer.status).toBe(504);
      expect(await answer.json()).toMatchObject({ error: { code: 'upstream_timeout', type: 'server_error' } });
      expect(await service.usageOf(caller)).toEqual([expect.objectContaining({ ending: 'failed', estimated: true, prompt_tokens: '9' })]);
    }
    await eventually(() => expect(service.simulator.journal.entries.map(({ leftAt }) => typeof leftAt)).toEqual(['number', 'number', 'number', 'number']));
    await service.close();
  });

  it('that falls silent in the middle has its stream cut', async () => {
    const service = await bootAiGateway({ idleTimeoutMs: 400 });
    const caller = someCaller();
    const answer = await service.chat(caller, { model: 'sim-stall', messages, stream: true });
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow('terminated');
    await eventually(async () => expect(await service.usageOf(caller)).toEqual([expect.objectContaining({ ending: 'cut', error_code: 'upstream_timeout' })]));
    await service.close();
  });
});

describe('a provider that cannot be used', () => {
  it('is 503 with Retry-After where it does not listen, and opens its breaker', async () => {
    const service = await bootAiGateway({ baseUrl: 'http://127.0.0.1:1/v1' });
    const caller = someCaller();
    for (let call = 0; call < 12; call++) {
      const answer = await service.chat(caller, { model: 'sim-chat', messages });
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^[12]$/)]);
      expect(await answer.json()).toMatchObject({ error: { type: 'server_error', code: 'upstream_unavailable' } });
    }
    expect((await service.call('/v1/models', caller)).status).toBe(503);
    const usage = await service.usageOf(caller);
    expect(usage).toHaveLength(12);
    expect(usage).toContainEqual(expect.objectContaining({ ending: 'failed', prompt_tokens: '0', completion_tokens: '0', estimated: false }));
    await service.close();
  });

  it('is 502 where it refuses our key, which nobody is told', async () => {
    const service = await bootAiGateway({ providerKey: 'sk-secret-of-ours' });
    const answer = await service.chat(someCaller(), { model: 'sim-chat', messages });
    expect(answer.status).toBe(502);
    expect(await answer.text()).not.toContain('sk-');
    expect(service.logLines.join('')).not.toContain('sk-secret');
    await service.close();
  });
});

describe('a database that is away', () => {
  it('lets no answer end well that could not be recorded', async () => {
    const service = await bootAiGateway();
    const caller = someCaller();
    await service.database.query('ALTER TABLE ai.usage_record RENAME TO usage_record_away');
    const whole = await service.chat(caller, { model: 'sim-chat', messages });
    expect(whole.status).toBe(500);
    const stream = await service.chat(caller, { model: 'sim-chat', messages, stream: true });
    await expect(stream.text()).rejects.toThrow('terminated');
    expect(service.logLines.join('')).toContain('usage of a call could not be recorded');
    await service.close();
  });
});
