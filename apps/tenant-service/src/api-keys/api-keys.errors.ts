import { Problem, type FieldError } from '@plinth/kernel';

export const apiKeyErrors = {
  notFound: () => new Problem('api_key_not_found', 'not_found', 'There is no such API key.'),
  scopesInvalid: (errors: readonly FieldError[]) =>
    new Problem('scopes_invalid', 'invalid', 'A key’s scopes are capabilities that its creator has, or * alone.', { errors }),
  expiryPast: () =>
    new Problem('expiry_past', 'invalid', 'The key would have expired already.', { errors: [{ pointer: '/expiresAt', detail: 'must be in the future' }] }),
};
