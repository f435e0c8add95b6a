/**
 * Estimates tokens where the provider's counts do not arrive: a token for each 4 bytes of UTF-8 text,
 * rounded up, and 4 a message for its frame. Source: the rule of thumb in OpenAI's tokenizer guide
 * ("about 4 characters of English text") and its cookbook's 3 to 4 tokens a message. For English it is
 * within about a fifth; other scripts have more bytes a character, and images, audio and files count
 * nothing, so it is too low for those. Rows that hold an estimate say so.
 */
const bytesPerToken = 4;
const tokensPerMessage = 4;

/** Of all text that a prompt is made of: contents, names of tools and their schemas. */
export function estimatePromptTokens(body: Readonly<Record<string, unknown>>): number {
  const messages = Array.isArray(body['messages']) ? body['messages'] : [];
  const tools = body['tools'] === undefined ? 0 : Buffer.byteLength(JSON.stringify(body['tools']));
  return Math.ceil((textBytes(messages) + tools) / bytesPerToken) + messages.length * tokensPerMessage;
}

/** @param bytes of the text that was answered so far */
export function estimateCompletionTokens(bytes: number): number {
  return Math.ceil(bytes / bytesPerToken);
}

/** The text in what a model said: content, refusal and the arguments of tools, in UTF-8 bytes. */
export function answeredBytes(part: unknown): number {
  if (typeof part !== 'object' || part === null) return 0;
  const { content, refusal, reasoning_content: reasoning, tool_calls: calls } = part as Record<string, unknown>;
  return textBytes(content) + textBytes(refusal) + textBytes(reasoning) + textBytes(calls);
}

const ignored: ReadonlySet<string> = new Set(['role', 'type', 'id', 'image_url', 'input_audio', 'file']);

function textBytes(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + textBytes(item), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce((sum, [name, member]) => (ignored.has(name) ? sum : sum + textBytes(member)), 0);
}
