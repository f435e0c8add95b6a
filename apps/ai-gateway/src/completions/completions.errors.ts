import { defineErrors } from '@plinth/kernel';

/** What the provider refused. Its code, where it is a plain word, stands in place of ours in OpenAI's shape. */
const asTheProviderSays = (providerCode: string | null, param: string | null) => ({ members: { providerCode, param } });
const providerRefused = {
  code: 'provider_refused_request',
  detail: 'The provider refused the request as it stands.',
  remedy: 'Compare the request with the provider’s documentation of the model.',
  with: asTheProviderSays,
};

/** What a caller of a model is told, in the words of this service: a provider's own would tell of its insides. */
export const completionErrors = defineErrors({
  invalid: {
    code: 'invalid_request',
    kind: 'malformed',
    detail: 'The request cannot be understood.',
    remedy: 'Mend what `param` names.',
    with: (param: string, detail: string) => ({ detail, members: { param } }),
  },
  modelNotFound: {
    code: 'model_not_found',
    kind: 'not_found',
    detail: 'The model does not exist, or there is no access to it.',
    remedy: 'Take a model from GET /v1/models.',
    /**
     * `model` is null where what was asked for is not even a name: then it is not quoted.
     *
     * @ruleExempt pii: the caller's own word for a model, told to that caller alone
     */
    with: (model: string | null) => ({
      ...(model === null ? {} : { detail: `The model ${JSON.stringify(model)} does not exist, or there is no access to it.` }),
      members: { param: 'model' },
    }),
  },
  refusedMalformed: { ...providerRefused, kind: 'malformed' },
  refusedInvalid: { ...providerRefused, kind: 'invalid' },
  refusedTooLarge: { ...providerRefused, kind: 'too_large' },
  rateLimited: {
    code: 'rate_limit_exceeded',
    kind: 'throttled',
    detail: 'The provider takes no more requests at the moment.',
    remedy: 'Try again later, after Retry-After where there is one.',
    with: (retryAfterSeconds: number | null) => (retryAfterSeconds === null ? {} : { headers: { 'retry-after': String(retryAfterSeconds) } }),
  },
  /** The provider answered what it should not: a matter for the operator, who finds it in the log. */
  providerFault: {
    code: 'provider_failed',
    kind: 'bad_gateway',
    detail: 'The provider gave no usable answer.',
    remedy: 'Try again; where it stays, give the operator the requestId.',
    with: (cause: unknown) => ({ cause }),
  },
  cut: {
    code: 'provider_stream_cut',
    kind: 'bad_gateway',
    detail: 'The answer was cut before its end.',
    remedy: 'What has come is not whole: ask again.',
  },
});
