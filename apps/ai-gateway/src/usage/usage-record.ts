import type { AiUsageRecordedV1Payload } from '@plinth/contracts';

export type CallEnding = AiUsageRecordedV1Payload['ending'];

/** What one call to a model used, and how it ended. Counts and names, never a prompt or an answer. */
export interface UsageRecord {
  readonly id: string;
  readonly provider: string;
  /** As the caller named it. */
  readonly model: string;
  readonly providerModel: string;
  readonly streamed: boolean;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** The counts are ours, because the provider's did not arrive. */
  readonly estimated: boolean;
  readonly ending: CallEnding;
  /** What the caller was told instead of an answer, or would have been had it stayed. */
  readonly errorCode: string | null;
  readonly durationMs: number;
  readonly occurredAt: Date;
}
