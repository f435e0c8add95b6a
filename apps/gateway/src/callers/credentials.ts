import type { IncomingHttpHeaders } from 'node:http';
import { apiKeyPrefix, authErrors } from '@plinth/auth';
import { callerErrors } from './callers.errors.js';

/** What a request shows for itself. */
export type Credential = { readonly kind: 'token' | 'api_key'; readonly text: string };

const BEARER = /^Bearer +(\S+)$/i;

/**
 * The one credential of a request: `Authorization: Bearer` with an access token or an API key, or
 * `X-Api-Key`. Both are fine where they say the same.
 *
 * @throws Problem `authentication_required`, `credentials_conflict` (401)
 */
export function readCredential(headers: IncomingHttpHeaders): Credential {
  const bearer = BEARER.exec(headers.authorization ?? '')?.[1];
  const key = headers['x-api-key'];
  if (key === undefined) {
    if (bearer === undefined) throw authErrors.authenticationRequired();
    return { kind: bearer.startsWith(apiKeyPrefix) ? 'api_key' : 'token', text: bearer };
  }
  if (typeof key !== 'string') throw callerErrors.credentialsConflict();
  // Two readers could follow different ones.
  if (headers.authorization !== undefined && bearer !== key) throw callerErrors.credentialsConflict();
  return { kind: 'api_key', text: key };
}
