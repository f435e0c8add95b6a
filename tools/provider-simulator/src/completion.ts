/** The part of a chat request that the simulator minds. */
export interface ChatRequest {
  readonly model: string;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** The text of the last message. */
  readonly prompt: string;
}

/** @returns null for what is no chat request */
export function readChatRequest(body: string): ChatRequest | null {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(body) as Record<string, unknown>;
  } catch {
    return null;
  }
  const { model, messages, stream, stream_options: options } = value;
  if (typeof model !== 'string' || !Array.isArray(messages) || messages.length === 0) return null;
  const last = messages.at(-1) as { content?: unknown } | null;
  const prompt = typeof last?.content === 'string' ? last.content : JSON.stringify(last?.content ?? '');
  const includeUsage = (options as { include_usage?: unknown } | null | undefined)?.include_usage === true;
  return { model, stream: stream === true, includeUsage, prompt };
}

/** What the model says, in the pieces in which it says it. */
export function piecesFor(prompt: string): string[] {
  return `You said: ${prompt}`.match(/\S+\s*/g) ?? [];
}

/** A word is a token here, so that a test can count. */
export function usageOf(request: ChatRequest, pieces: readonly string[]) {
  const prompt_tokens = request.prompt.split(/\s+/).filter((word) => word !== '').length;
  return { prompt_tokens, completion_tokens: pieces.length, total_tokens: prompt_tokens + pieces.length };
}

const identity = (request: ChatRequest, object: string) => ({
  id: 'chatcmpl-simulated',
  object,
  created: 1_700_000_000,
  model: request.model,
  system_fingerprint: 'fp_simulated',
});

export function completion(request: ChatRequest, pieces: readonly string[]): string {
  const message = { role: 'assistant', content: pieces.join(''), refusal: null };
  const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }];
  return JSON.stringify({ ...identity(request, 'chat.completion'), choices, usage: usageOf(request, pieces) });
}

export function toolCompletion(request: ChatRequest): string {
  const call = { id: 'call_1', type: 'function', function: { name: 'look_up', arguments: '{"city":"Bern"}' } };
  const choices = [{ index: 0, message: { role: 'assistant', content: null, tool_calls: [call] }, finish_reason: 'tool_calls' }];
  return JSON.stringify({ ...identity(request, 'chat.completion'), choices, usage: usageOf(request, ['{}']) });
}

export const frame = (data: string): string => `data: ${data}\n\n`;
export const doneFrame = frame('[DONE]');

/** The frames of a whole stream but for the last, `[DONE]`. */
export function framesOf(request: ChatRequest, pieces: readonly string[], withUsage = request.includeUsage): string[] {
  const chunk = (choices: unknown[], usage: unknown): string =>
    frame(JSON.stringify({ ...identity(request, 'chat.completion.chunk'), choices, ...(request.includeUsage ? { usage } : {}) }));
  const choice = (delta: object, finish_reason: string | null = null) => ({ index: 0, delta, logprobs: null, finish_reason });
  return [
    chunk([choice({ role: 'assistant', content: '' })], null),
    ...pieces.map((content) => chunk([choice({ content })], null)),
    chunk([choice({}, 'stop')], null),
    ...(withUsage ? [chunk([], usageOf(request, pieces))] : []),
  ];
}

export function errorBody(message: string, type: string, code: string | null, param: string | null = null): string {
  return JSON.stringify({ error: { message, type, param, code } });
}
