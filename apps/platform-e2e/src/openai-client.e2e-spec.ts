import { mistyped, type SignedIn } from '@plinth/dev-stack';
import { eventually } from '@plinth/testing';
import OpenAI from 'openai';
import { runningStack } from './stack.js';

/** What the simulator's journal tells of a call. */
interface JournalEntry {
  readonly body: string;
  readonly leftAt: number | null;
}

const messages = [{ role: 'user' as const, content: 'Say hello to the suite.' }];

describe('the official openai client, with its base URL changed', () => {
  const stack = runningStack();
  const { gateway } = stack;
  let owner: SignedIn;
  let client: OpenAI;
  let key: string;

  beforeAll(async () => {
    owner = await stack.newTenant();
    const created = await gateway.call<{ key: string }>('POST', '/v1/api-keys', { token: owner.token, body: { name: 'ai', scopes: ['ai.use'] } });
    key = created.body.key;
    client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: key, maxRetries: 0 });
  });

  it('lists models and chats', async () => {
    const ids = (await client.models.list()).data.map(({ id }) => id);
    expect(ids).toContain('demo');
    const answer = await client.chat.completions.create({ model: 'demo', messages });
    expect(answer.choices[0]?.message.content).toBeTruthy();
    expect(answer.usage?.total_tokens).toBeGreaterThan(0);
  });

  it('streams, with the usage at the end', async () => {
    const stream = await client.chat.completions.create({ model: 'demo', messages, stream: true, stream_options: { include_usage: true } });
    let text = '';
    let total = 0;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      total = chunk.usage?.total_tokens ?? total;
    }
    expect(text).toContain('hello');
    expect(total).toBeGreaterThan(0);
  });

  it('raises for a wrong key, an unknown model, and a key without the scope', async () => {
    const stranger = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: mistyped(key), maxRetries: 0 });
    await expect(stranger.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    await expect(client.chat.completions.create({ model: 'no-such-model', messages })).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
    const reader = await gateway.call<{ key: string }>('POST', '/v1/api-keys', { token: owner.token, body: { name: 'reader', scopes: ['tenant.read'] } });
    const forbidden = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: reader.body.key, maxRetries: 0 });
    await expect(forbidden.models.list()).rejects.toBeInstanceOf(OpenAI.PermissionDeniedError);
  });

  it('raises when the provider cuts the stream, after the chunks that came', async () => {
    const stream = await client.chat.completions.create({ model: 'sim-cut', messages, stream: true });
    let chunks = 0;
    const read = async () => {
      for await (const chunk of stream) chunks += chunk.choices.length;
    };
    await expect(read()).rejects.toBeInstanceOf(OpenAI.APIError);
    expect(chunks).toBeGreaterThan(0);
  });

  it('ends the provider’s call when it leaves a stream', async () => {
    const simulator = new URL(gateway.url);
    simulator.port = String(Number(simulator.port) + 103);
    const stream = await client.chat.completions.create({ model: 'sim-endless', messages, stream: true });
    for await (const chunk of stream) {
      expect(chunk.id).toBeTruthy();
      break; // the client closes its connection
    }
    await eventually(async () => {
      const entries = (await (await fetch(new URL('/__journal', simulator))).json()) as JournalEntry[];
      const call = entries.findLast(({ body }) => body.includes('sim-endless'));
      expect(call?.leftAt).toBeTruthy();
    });
  });

  it('leaves a usage event and an audit record of every ending', async () => {
    await eventually(async () => {
      const rows = await stack.query<{ ending: string }>(`SELECT ending FROM ai.usage_record WHERE tenant_id = $1`, [owner.tenantId]);
      expect(rows.map(({ ending }) => ending)).toEqual(expect.arrayContaining(['completed', 'cut', 'aborted']));
      const events = await stack.query(`SELECT 1 FROM ai.event_outbox WHERE tenant_id = $1 AND event_type = 'ai_usage.recorded' AND status = 'published'`, [owner.tenantId]);
      expect(events).toHaveLength(rows.length);
      expect(await stack.auditEntries(owner, '?action=ai.use')).toHaveLength(rows.length);
    });
  });
});
