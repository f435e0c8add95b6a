import type { JsonSchema } from '@plinth/contracts';
import type { Operation } from './document-types.js';

/** How callers prove who they are, at the gateway. */
export const securitySchemes: Readonly<Record<string, JsonSchema>> = {
  bearer: { type: 'http', scheme: 'bearer', description: 'An access token, or an API key.' },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key', description: 'An API key.' },
  sessionCookie: { type: 'apiKey', in: 'cookie', name: '__Host-plinth_session', description: 'The cookie of a session that a browser has signed in for; over plain http, in development, it is `plinth_session`.' },
  csrfToken: { type: 'apiKey', in: 'header', name: 'X-CSRF-Token', description: 'Beside the cookie, on everything but reading: from the answer of the sign-in, or GET /v1/auth/csrf.' },
};

/** The credentials that a closed route takes. @param method in lower case @param whose `person`: of those who have signed in alone */
export function callerSecurity(method: string, whose: 'caller' | 'person'): NonNullable<Operation['security']> {
  return [{ bearer: [] }, ...(whose === 'person' ? [] : [{ apiKey: [] }]), method === 'get' ? { sessionCookie: [] } : { sessionCookie: [], csrfToken: [] }];
}
