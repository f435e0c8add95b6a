import type { IncomingHttpHeaders } from 'node:http';
import { apiKeyPrefix, authErrors, type SessionCookie } from '@plinth/auth';
import { callerErrors } from './callers.errors.js';

/** What a request shows for itself. */
export type Credential = { readonly kind: 'token' | 'api_key' | 'cookie'; readonly text: string };

const BEARER = /^Bearer +(\S+)$/i;

/**
 * The one credential of a request: `Authorization: Bearer` with an access token or an API key, or `X-Api-Key`; both are fine where they
 * say the same. Without either header it is the session's cookie: a browser sends that along unasked, so whoever names
 * a credential means that one, and the cookie is not looked at.
 *
 * @throws Problem `authentication_required`, `credentials_conflict`, `session_cookie_invalid` (401)
 */
export function readCredential(headers: IncomingHttpHeaders, sessionCookie: SessionCookie): Credential {
  const { authorization, 'x-api-key': key } = headers;
  const bearer = BEARER.exec(authorization ?? '')?.[1];
  if (key === undefined) {
    if (bearer !== undefined) return { kind: bearer.startsWith(apiKeyPrefix) ? 'api_key' : 'token', text: bearer };
    const cookie = authorization === undefined ? readCookie(headers.cookie, sessionCookie) : undefined;
    if (cookie === undefined) throw authErrors.authenticationRequired();
    return { kind: 'cookie', text: cookie };
  }
  if (typeof key !== 'string') throw callerErrors.credentialsConflict();
  // Two readers could follow different ones.
  if (authorization !== undefined && bearer !== key) throw callerErrors.credentialsConflict();
  return { kind: 'api_key', text: key };
}

function readCookie(header: string | undefined, sessionCookie: SessionCookie): string | undefined {
  const [cookie, another] = sessionCookie.valuesIn(header);
  // Of two, one was put there by somebody else.
  if (another !== undefined) throw callerErrors.sessionCookieInvalid();
  return cookie;
}
