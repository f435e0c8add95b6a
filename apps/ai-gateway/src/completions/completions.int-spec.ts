import { eventually } from '@plinth/testing';
import OpenAI from 'openai';
import { bootAiGateway, someCaller, type AiGatewayUnderTest } from '../testing.js';

let service: AiGatewayUnderTest;
beforeAll(async () => {
  service = await bootAiGateway();
});
afterAll(() => service.close());

const messages = [{ role: 'user' as const, content: 'how are you today' }];

/** What a stream says until it ends or throws. */
async function collect(stream: AsyncIterable<OpenAI.ChatCompletionChunk>) {
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  try {
    for await (const chunk of stream) chunks.push(chunk);
    return { chunks, error: null };
  } catch (error) {
    return { chunks, error: error as Error };
  }
}

const textOf = (chunks: OpenAI.ChatCompletionChunk[]) => chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');

describe('POST /v1/chat/completions, by the official client', () => {
  it('answers a chat and records what the provider counted', async () => {
    const caller = someCaller();
    const completion = await service.openai(caller).chat.completions.create({ model: 'sim-chat', messages });
    expect(completion.choices[0]?.message.content).toBe('You said: how are you today');
    expect(completion._request_id).toEqual(expect.any(String));
    expect(await service.usageOf(caller)).toEqual([
      expect.objectContaining({ model: 'sim-chat', streamed: false, prompt_tokens: '4', completion_tokens: '6', estimated: false, ending: 'completed', error_code: null }),
    ]);
    expect(await service.eventsOf(caller, 'ai_usage.recorded')).toEqual([
      expect.objectContaining({ tenantId: caller.tenantId, principal: { type: 'api_key', id: caller.id }, model: 'sim-chat', promptTokens: 4, completionTokens: 6, ending: 'completed' }),
    ]);
    const [entry] = await service.eventsOf(caller, 'audit.recorded');
    expect(entry).toMatchObject({ action: 'ai.use', outcome: 'success', resource: { type: 'ai_model', id: 'sim-chat' }, after: { promptTokens: 4 } });
    expect(JSON.stringify(entry)).not.toContain('how are you');
  });

  it('streams frame by frame, with the usage for who asks', async () => {
    const caller = someCaller();
    const stream = await service.openai(caller).chat.completions.create({ model: 'sim-chat', messages, stream: true, stream_options: { include_usage: true } });
    const { chunks, error } = await collect(stream);
    expect(error).toBeNull();
    expect(textOf(chunks)).toBe('You said: how are you today');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 4, completion_tokens: 6 } });
    expect(await service.usageOf(caller)).toEqual([expect.objectContaining({ streamed: true, prompt_tokens: '4', completion_tokens: '6', estimated: false, ending: 'completed' })]);
  });

  it('asks for the usage of a stream by itself, and keeps that frame from who did not ask', async () => {
    const caller = someCaller();
    const { chunks } = await collect(await service.openai(caller).chat.completions.create({ model: 'sim-chat', messages, stream: true }));
    expect(service.simulator.journal.entries.at(-1)?.body).toContain('"stream_options":{"include_usage":true}');
    expect(chunks.every(({ choices }) => choices.length === 1)).toBe(true);
    expect(await service.usageOf(caller)).toEqual([expect.objectContaining({ prompt_tokens: '4', estimated: false })]);
  });

  it('puts the model behind an alias', async () => {
    const caller = someCaller();
    const completion = await service.openai(caller).chat.completions.create({ model: 'fast', messages });
    expect(completion.model).toBe('sim-chat');
    expect(await service.usageOf(caller)).toEqual([expect.objectContaining({ model: 'fast', provider_model: 'sim-chat' })]);
  });

  it('throws NotFoundError for an unknown model', async () => {
    const caller = someCaller();
    const asked = service.openai(caller).chat.completions.create({ model: 'gpt-none', messages });
    await expect(asked).rejects.toThrow(OpenAI.NotFoundError);
    await expect(asked).rejects.toMatchObject({ status: 404, code: 'model_not_found', param: 'model', type: 'invalid_request_error' });
    expect(await service.usageOf(caller)).toEqual([expect.objectContaining({ ending: 'failed', error_code: 'model_not_found', prompt_tokens: '0', estimated: false })]);
  });

  it.each([
    ['by reset in the middle of a frame', 'sim-cut'],
    ['cleanly', 'sim-cut-clean'],
    ['by an error in the stream', 'sim-error-frame'],
    ['by what is no frame of a chat', 'sim-malformed'],
  ])('raises where the provider cuts the stream %s, and settles an estimate', async (_, model) => {
    const caller = someCaller();
    const { chunks, error } = await collect(await service.openai(caller).chat.completions.create({ model, messages, stream: true }));
    expect(chunks).toHaveLength(3);
    expect(error).toBeInstanceOf(OpenAI.APIError);
    expect(error?.message).not.toContain('secret');
    const usage = expect.objectContaining({ ending: 'cut', estimated: true, prompt_tokens: '9', completion_tokens: '3' });
    await eventually(async () => expect(await service.usageOf(caller)).toEqual([usage]));
    expect(await service.eventsOf(caller, 'ai_usage.recorded')).toEqual([expect.objectContaining({ ending: 'cut', estimated: true })]);
  });

  it('ends the provider’s call when the caller leaves a stream', async () => {
    const caller = someCaller();
    const stream = await service.openai(caller).chat.completions.create({ model: 'sim-endless', messages, stream: true });
    for await (const _ of stream) break;
    stream.controller.abort();
    const entry = service.simulator.journal.entries.at(-1);
    await eventually(() => expect(entry?.leftAt).not.toBeNull());
    await eventually(async () => expect(await service.usageOf(caller)).toEqual([expect.objectContaining({ ending: 'aborted', estimated: true })]));
    expect(await service.eventsOf(caller, 'ai_usage.recorded')).toHaveLength(1);
  });

  it('ends the provider’s call when the caller leaves before the answer', async () => {
    const caller = someCaller();
    const leaving = new AbortController();
    const asked = service.openai(caller).chat.completions.create({ model: 'sim-slow', messages }, { signal: leaving.signal });
    await eventually(() => expect(service.simulator.journal.entries.at(-1)?.body).toContain('sim-slow'));
    leaving.abort();
    await expect(asked).rejects.toThrow(OpenAI.APIUserAbortError);
    await eventually(() => expect(service.simulator.journal.entries.at(-1)?.leftAt).not.toBeNull());
    await eventually(async () => expect(await service.usageOf(caller)).toEqual([expect.objectContaining({ ending: 'aborted' })]));
  });

  it('refuses who may not use models', async () => {
    const asked = service.openai(someCaller('viewer')).chat.completions.create({ model: 'sim-chat', messages });
    await expect(asked).rejects.toMatchObject({ status: 403, type: 'permission_error' });
  });

  it('raises AuthenticationError without an identity', async () => {
    const client = new OpenAI({ apiKey: 'sk-wrong', baseURL: `${service.url}/v1`, maxRetries: 0 });
    const asked = client.chat.completions.create({ model: 'sim-chat', messages });
    await expect(asked).rejects.toThrow(OpenAI.AuthenticationError);
    await expect(asked).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
  });
});

describe('POST /v1/chat/completions forwards bytes', () => {
  it('as they are, where nothing has to be added', async () => {
    const body = '{ "model" : "sim-chat", "max_tokens" : 16,\n "messages":[{"role":"user","content":"h\\u00e9llo 👋"}], "seed": 1e2, "unknown": [ 1.0 ] }';
    const answer = await service.chat(someCaller(), body);
    expect(answer.status).toBe(200);
    const entry = service.simulator.journal.entries.at(-1);
    expect(entry?.body).toBe(body);
    expect(Object.keys(entry?.headers ?? {}).filter((name) => name.startsWith('x-plinth'))).toEqual([]);
  });

  it('of the answer too, tools included', async () => {
    const answer = await service.chat(someCaller(), { model: 'sim-tools', messages });
    expect(await answer.json()).toMatchObject({ choices: [{ message: { tool_calls: [{ function: { name: 'look_up' } }] } }] });
  });

  it.each([true, false])('of an answer that drips (streamed: %s)', async (stream) => {
    const caller = someCaller();
    const answer = await service.chat(caller, { model: 'sim-drip', messages, stream });
    const text = await answer.text();
    expect(text).toContain('today');
    if (stream) expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(await service.usageOf(caller)).toEqual([expect.objectContaining({ ending: 'completed', completion_tokens: '6', estimated: false })]);
  });

  it('and estimates what the provider does not tell', async () => {
    const caller = someCaller();
    await (await service.chat(caller, { model: 'sim-no-usage', messages, stream: true })).text();
    await service.chat(caller, { model: 'sim-no-usage', messages });
    const estimate = expect.objectContaining({ ending: 'completed', estimated: true, prompt_tokens: '9', completion_tokens: '7' });
    expect(await service.usageOf(caller)).toEqual([estimate, estimate]);
  });
});

describe('POST /v1/chat/completions, where the provider fails,', () => {
  it.each<[string, number, string, string, Record<string, unknown>]>([
    ['sim-400', 400, 'context_length_exceeded', 'invalid_request_error', { ending: 'failed', prompt_tokens: '0' }],
    ['sim-429', 429, 'rate_limit_exceeded', 'rate_limit_error', { ending: 'failed', prompt_tokens: '0' }],
    ['sim-500', 502, 'upstream_failed', 'server_error', { ending: 'failed', prompt_tokens: '0' }],
    ['sim-503', 503, 'upstream_failed', 'server_error', { ending: 'failed', prompt_tokens: '0' }],
    ['sim-reset', 502, 'upstream_invalid_answer', 'server_error', { ending: 'failed', estimated: true }],
    ['sim-html', 502, 'provider_failed', 'server_error', { ending: 'failed', estimated: true }],
    ['sim-malformed', 502, 'provider_failed', 'server_error', { ending: 'failed', estimated: true }],
    ['sim-cut', 502, 'upstream_invalid_answer', 'server_error', { ending: 'cut', estimated: true }],
    ['sim-cut-clean', 502, 'provider_failed', 'server_error', { ending: 'failed', estimated: true }],
    ['sim-long-line', 502, 'upstream_invalid_answer', 'server_error', { ending: 'cut', estimated: true }],
  ])('answers %s with %i %s in OpenAI’s shape, and leaks nothing', async (model, status, code, type, usage) => {
    const caller = someCaller();
    const answer = await service.chat(caller, { model, messages });
    const text = await answer.text();
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(JSON.parse(text)).toEqual({ error: { message: expect.any(String), type, param: model === 'sim-400' ? 'messages' : null, code } });
    expect(text).not.toMatch(/secret|how are you|sk-/);
    expect(await service.usageOf(caller)).toEqual([expect.objectContaining({ ...usage, error_code: code })]);
    expect(await service.eventsOf(caller, 'ai_usage.recorded')).toHaveLength(1);
    expect(service.logLines.join('')).not.toMatch(/secret|how are you|sk-/);
  });

  it('passes on when to come back', async () => {
    const limited = await service.chat(someCaller(), { model: 'sim-429', messages });
    expect(limited.headers.get('retry-after')).toBe('30');
    const overloaded = await service.chat(someCaller(), { model: 'sim-503', messages, stream: true });
    expect([overloaded.status, overloaded.headers.get('retry-after')]).toEqual([503, '2']);
    expect(service.simulator.journal.entries.at(-2)?.body).toContain('sim-429');
  });

  it.each(['sim-html', 'sim-long-line', 'sim-500'])('answers a stream that does not begin with a status (%s)', async (model) => {
    const answer = await service.chat(someCaller(), { model, messages, stream: true });
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({ error: { type: 'server_error' } });
  });
});

describe('POST /v1/chat/completions, called wrongly,', () => {
  it.each<[string, string, number, string | null]>([
    ['without a body', '', 400, 'model'],
    ['with what is no JSON', '{', 400, null],
    ['without a model', '{"messages":[]}', 400, 'model'],
    ['with a model that is no name', '{"model":7}', 400, 'model'],
    ['with two models', '{"model":"a","model":"sim-chat","messages":[]}', 400, null],
    ['with a model that an escape hides', '{"model":"a","mod\\u0065l":"sim-chat","messages":[]}', 400, null],
    ['with stream as text', '{"model":"sim-chat","stream":"yes"}', 400, 'stream'],
    ['with a limit that is none', '{"model":"sim-chat","max_tokens":-1}', 400, 'max_tokens'],
    ['with options as a list', '{"model":"sim-chat","stream":true,"stream_options":[]}', 400, 'stream_options'],
  ])('%s, answers 400 in OpenAI’s shape and calls nobody', async (_, body, status, param) => {
    const before = service.simulator.journal.entries.length;
    const answer = await service.chat(someCaller(), body);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ error: { type: 'invalid_request_error', param } });
    expect(service.simulator.journal.entries).toHaveLength(before);
  });

  it('answers 405, 413 and 415 in OpenAI’s shape too', async () => {
    const got = await service.call('/v1/chat/completions', someCaller());
    expect([got.status, got.headers.get('allow')]).toEqual([405, expect.stringContaining('POST')]);
    const text = await service.chat(someCaller(), 'x', { headers: { 'content-type': 'text/plain' } });
    expect(text.status).toBe(415);
    const large = await service.chat(someCaller(), JSON.stringify({ model: 'sim-chat', pad: 'x'.repeat(11 * 1_048_576) }));
    expect(large.status).toBe(413);
    for (const answer of [got, text, large]) expect(await answer.json()).toMatchObject({ error: { type: 'invalid_request_error', code: expect.any(String) } });
  });
});
