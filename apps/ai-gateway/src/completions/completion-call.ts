import { newId, systemClock, type Problem } from '@plinth/kernel';
import type { CallEnding, UsageRecord } from '../usage/usage-record.js';
import type { ChatRequest } from './chat-request.js';
import type { TokenCounts } from './stream-reader.js';
import { estimateCompletionTokens } from './token-estimate.js';

/** Failures after which it is not known whether the provider worked, and will charge, for the call. */
const unclear: readonly string[] = ['upstream_timeout', 'upstream_invalid_answer', 'provider_stream_cut'];

/** One call to a model, and what is known so far of what it uses. */
export class CompletionCall {
  usage: TokenCounts | null = null;
  /** Text that was answered, in UTF-8 bytes. */
  textBytes = 0;
  private answered = false;
  /** Of its usage record, and of the tokens that are reserved for it. */
  readonly id = newId();
  private readonly beganAt = performance.now();

  constructor(
    private readonly provider: string,
    private readonly chat: ChatRequest,
  ) {}

  /** The provider has taken the request and begun to answer. */
  begun(): void {
    this.answered = true;
  }

  /** It ended before the provider has heard of it. @returns the error, to be thrown */
  unsent<E extends Error>(error: E): E {
    this.usage = { promptTokens: 0, completionTokens: 0 };
    return error;
  }

  note(usage: TokenCounts | null, textBytes: number): void {
    this.usage = usage;
    this.textBytes = textBytes;
  }

  /** @param inStream whether the caller has seen a part of the answer */
  failedWith(problem: Problem, inStream: boolean): UsageRecord {
    const cut = inStream || (this.answered && unclear.includes(problem.code));
    // A provider that refuses, or was never reached, charges nothing.
    if (!this.answered && !unclear.includes(problem.code)) this.usage = { promptTokens: 0, completionTokens: 0 };
    // The provider did its part; it is we who could not record it.
    const ending = this.usage !== null && this.answered && problem.kind === 'unavailable' ? 'completed' : cut ? 'cut' : 'failed';
    const providerCode = problem.extra.members?.['providerCode'];
    return this.ended(ending, typeof providerCode === 'string' ? providerCode : problem.code);
  }

  /** The record of an ending, by the provider's counts or, without them, by our estimate. */
  ended(ending: CallEnding, errorCode: string | null): UsageRecord {
    const counts = this.usage ?? {
      promptTokens: this.chat.estimatedPromptTokens(),
      completionTokens: estimateCompletionTokens(this.textBytes),
    };
    return {
      id: this.id,
      provider: this.provider,
      model: this.chat.model,
      providerModel: this.chat.providerModel,
      streamed: this.chat.stream,
      ...counts,
      estimated: this.usage === null,
      ending,
      errorCode,
      durationMs: Math.round(performance.now() - this.beganAt),
      occurredAt: systemClock.now(),
    };
  }
}
