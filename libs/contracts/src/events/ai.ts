import { defineEvent, field } from './event-definition.js';

/** What one call to a model used. Counts and names, never a prompt or an answer. */
export interface AiUsageRecordedV1Payload {
  usageId: string;
  tenantId: string;
  /** Who called: `user` or `api_key`, and its id. */
  principal: { type: string; id: string };
  provider: string;
  model: string;
  promptTokens: number;
  completionTokens: number;
  /** The counts are ours, because the provider's did not arrive (a stream that was cut). */
  estimated: boolean;
  /** How the call ended. */
  ending: 'completed' | 'cut' | 'aborted' | 'failed';
}

const tokens = { type: 'integer', minimum: 0 } as const;

export const AiUsageRecordedV1 = defineEvent<AiUsageRecordedV1Payload>()({
  type: 'ai_usage.recorded',
  version: 1,
  topic: 'plinth.ai',
  aggregateType: 'ai_usage',
  description: 'A call to a model came to its end, and this is what it used.',
  schema: field.record({
    usageId: field.uuid,
    tenantId: field.uuid,
    principal: field.described('Who called: `user` or `api_key`, and its id.', field.record({ type: field.text(40), id: field.uuid })),
    provider: field.text(100),
    model: field.text(200),
    promptTokens: tokens,
    completionTokens: tokens,
    estimated: field.described("The counts are ours, because the provider's did not arrive.", { type: 'boolean' }),
    ending: field.described('`cut` by the provider, `aborted` by the client.', { enum: ['completed', 'cut', 'aborted', 'failed'] }),
  }),
});
