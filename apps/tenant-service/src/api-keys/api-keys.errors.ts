import { defineErrors, type FieldError } from '@plinth/kernel';

export const apiKeyErrors = defineErrors({
  notFound: {
    code: 'api_key_not_found',
    kind: 'not_found',
    detail: 'There is no such API key.',
    remedy: 'Take the id from GET /v1/api-keys; another tenant’s key is not found either.',
  },
  scopesInvalid: {
    code: 'scopes_invalid',
    kind: 'invalid',
    detail: 'A key’s scopes are capabilities that its creator has, or * alone.',
    remedy: 'Leave out what `errors` points at.',
    with: (errors: readonly FieldError[]) => ({ errors }),
  },
  expiryPast: {
    code: 'expiry_past',
    kind: 'invalid',
    detail: 'The key would have expired already.',
    remedy: 'Give a later expiresAt, or none.',
    with: () => ({ errors: [{ pointer: '/expiresAt', detail: 'must be in the future' }] }),
  },
  ended: {
    code: 'api_key_ended',
    kind: 'conflict',
    detail: 'The API key was revoked, was rotated or has expired; it stays as it is.',
    remedy: 'Make a new key.',
  },
  paused: {
    code: 'api_key_paused',
    kind: 'conflict',
    detail: 'The API key is paused.',
    remedy: 'Take it up again by PATCH with `active: true`, then rotate it.',
  },
  rotated: {
    code: 'api_key_rotated',
    kind: 'conflict',
    detail: 'The API key was rotated before.',
    remedy: 'Rotate its successor, which `rotatedTo` names.',
  },
});
