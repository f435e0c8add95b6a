import type { SseFrame } from './sse-splitter.js';
import { answeredBytes } from './token-estimate.js';

/** Tokens as the provider counts them. */
export interface TokenCounts {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** What a frame means for whoever passes it on. */
export type FrameMeaning =
  /** Goes on to the caller. */
  | 'forward'
  /** The frame that only tells the usage, which the caller did not ask for. */
  | 'withhold'
  /** The last one. */
  | 'done'
  /** The provider's word that it failed, or what is no frame of a chat. */
  | 'fault';

/** Follows a streamed chat completion frame by frame: what it used, what it said, whether it ended. */
export class StreamReader {
  /** Null until the provider has told them. */
  usage: TokenCounts | null = null;
  /** Text that was answered, in UTF-8 bytes. */
  textBytes = 0;

  constructor(private readonly wantsUsage: boolean) {}

  read({ data }: SseFrame): FrameMeaning {
    if (data === null) return 'forward';
    if (data.trim() === '[DONE]') return 'done';
    const chunk = parseObject(data);
    if (chunk === null || 'error' in chunk) return 'fault';
    const usage = usageIn(chunk['usage']);
    if (usage !== null) this.usage = usage;
    const { choices } = chunk;
    if (!Array.isArray(choices)) return 'forward';
    for (const choice of choices as unknown[]) this.textBytes += answeredBytes((choice as { delta?: unknown } | null)?.delta);
    return usage !== null && choices.length === 0 && !this.wantsUsage ? 'withhold' : 'forward';
  }
}

/** The counts of a `usage` member; null where it holds none. */
export function usageIn(value: unknown): TokenCounts | null {
  if (typeof value !== 'object' || value === null) return null;
  const { prompt_tokens: promptTokens, completion_tokens: completionTokens } = value as Record<string, unknown>;
  return isCount(promptTokens) && isCount(completionTokens) ? { promptTokens, completionTokens } : null;
}

/** @returns null for what is no JSON object */
export function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
