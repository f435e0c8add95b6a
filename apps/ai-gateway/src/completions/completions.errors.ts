import { Problem } from '@plinth/kernel';

/** What a caller of a model is told, in the words of this service: a provider's own would tell of its insides. */
export const completionErrors = {
  invalid: (param: string, detail: string) => new Problem('invalid_request', 'malformed', detail, { members: { param } }),
  modelNotFound: (model: string) =>
    new Problem('model_not_found', 'not_found', `The model ${JSON.stringify(model)} does not exist, or there is no access to it.`, {
      members: { param: 'model' },
    }),
  /** @param code the provider's, where it is a plain word */
  refused: (kind: 'malformed' | 'invalid' | 'too_large', code: string | null, param: string | null) =>
    new Problem(code ?? 'provider_refused_request', kind, 'The provider refused the request as it stands.', { members: { param } }),
  rateLimited: (retryAfterSeconds: number | null) =>
    new Problem('rate_limit_exceeded', 'throttled', 'The provider takes no more requests at the moment.', {
      headers: retryAfterSeconds === null ? {} : { 'retry-after': String(retryAfterSeconds) },
    }),
  /** The provider answered what it should not: a matter for the operator, who finds it in the log. */
  providerFault: (cause: unknown) => new Problem('provider_failed', 'bad_gateway', 'The provider gave no usable answer.', { cause }),
  cut: () => new Problem('provider_stream_cut', 'bad_gateway', 'The answer was cut before its end.'),
};
