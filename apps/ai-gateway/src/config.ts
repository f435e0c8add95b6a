import { configClass, idempotencySecrets, integer, internalSigningKeys, list, serviceFields, text, url, type ConfigField } from '@plinth/config';
import { urlVariableOf } from '@plinth/contracts';
import { parseAliases } from './models/model-aliases.js';

const aliases: ConfigField<readonly string[]> = list('MODELS', {
  description: 'Models under names of your own, comma-separated alias=model, beside those that the provider lists.',
  fallback: [],
});

/** What ai-gateway is told from outside. */
export class AiGatewayConfig extends configClass({
  ...serviceFields,
  internalKeys: internalSigningKeys,
  tenantServiceUrl: url(urlVariableOf('tenant-service'), { description: 'Where tenant-service listens, which has the ledger of quotas.', protocols: ['http:', 'https:'] }),
  idempotencySecrets,
  openaiBaseUrl: url('OPENAI_BASE_URL', {
    description: "The provider's API in OpenAI's wire format, version included.",
    protocols: ['http:', 'https:'],
    fallback: 'https://api.openai.com/v1',
  }),
  openaiApiKey: text('OPENAI_API_KEY', { description: "The provider's key; empty for a server that asks for none.", secret: true, fallback: '' }),
  models: {
    ...aliases,
    parse: (raw: string) => {
      const parsed = aliases.parse(raw);
      parseAliases(parsed); // throws for what is no alias=model
      return parsed;
    },
  },
  firstByteTimeoutMs: integer('AI_FIRST_BYTE_TIMEOUT_MS', {
    description: "Longest wait for the first byte of a model's answer, further tries included.",
    min: 100,
    max: 600_000,
    fallback: 55_000,
  }),
  idleTimeoutMs: integer('AI_IDLE_TIMEOUT_MS', {
    description: "Longest silence within a model's answer; past it the answer counts as cut.",
    min: 100,
    max: 600_000,
    fallback: 45_000,
  }),
  usualCompletionTokens: integer('AI_DEFAULT_COMPLETION_TOKENS', {
    description: 'Most tokens of an answer whose caller gives no limit; so many are reserved for it.',
    min: 1,
    max: 1_000_000,
    fallback: 4_096,
  }),
  maxCompletionTokens: integer('AI_MAX_COMPLETION_TOKENS', {
    description: 'Most tokens of an answer, whatever its caller asks for; a higher limit is lowered to it.',
    min: 1,
    max: 1_000_000,
    fallback: 32_768,
  }),
  maxRetryWaitMs: integer('AI_MAX_RETRY_WAIT_MS', {
    description: 'Longest wait before a further try; a provider that asks for more is not tried again.',
    min: 0,
    max: 60_000,
    fallback: 5_000,
  }),
}) {}
