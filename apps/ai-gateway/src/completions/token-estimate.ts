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

/** Beside what the request says: a provider's own frame and the template of tools. */
const tokensOfFrame = 64;
/** Of an image by OpenAI's count for its larger models at the highest detail (1,445), and the least of other media. */
const tokensPerMedium = 1_500;

/**
 * The most that a prompt comes to, to be reserved before the call. Of text it is a bound and no guess: tokenizers work on
 * bytes, and no token is less than one; the request's own JSON covers the frames of messages. Pictures, sounds and files
 * are thought to be what is usual for them; what they use beyond that is settled all the same.
 *
 * @param bytes of the whole request
 */
export function mostPromptTokens(body: Readonly<Record<string, unknown>>, bytes: number): number {
  const messages = Array.isArray(body['messages']) ? (body['messages'] as unknown[]) : [];
  const media = messages.flatMap((message) => mediaIn((message as { content?: unknown } | null)?.content));
  const text = Math.max(0, bytes - media.reduce((sum, medium) => sum + medium.bytes, 0));
  return text + tokensOfFrame + media.reduce((sum, { tokens }) => sum + tokens, 0);
}

/** An image is counted by its size in pixels, and all else by what it holds. */
function mediaIn(content: unknown): { readonly bytes: number; readonly tokens: number }[] {
  if (!Array.isArray(content)) return [];
  return (content as unknown[]).flatMap((part) => {
    const { image_url: image, input_audio: audio, file } = (part ?? {}) as Record<string, unknown>;
    const medium = image ?? audio ?? file;
    if (medium === undefined || medium === null) return [];
    const bytes = Buffer.byteLength(JSON.stringify(medium));
    return [{ bytes, tokens: image === undefined ? Math.max(tokensPerMedium, Math.ceil(bytes / bytesPerToken)) : tokensPerMedium }];
  });
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
