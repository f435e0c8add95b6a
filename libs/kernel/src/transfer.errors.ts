import { defineErrors } from './error-catalogue.js';

/** What can happen while a request is on its way in, at the gateway and at a service alike. */
export const transferErrors = defineErrors({
  bodyTooLarge: {
    code: 'body_too_large',
    kind: 'too_large',
    detail: 'The body is larger than this route takes.',
    remedy: 'Send less: a route takes 1 MiB unless the API document says otherwise.',
    with: (limitBytes?: number) => (limitBytes === undefined ? {} : { detail: `The body is larger than the ${limitBytes} bytes that this route takes.` }),
  },
  requestTimeout: {
    code: 'request_timeout',
    kind: 'timeout',
    detail: 'The request did not arrive in time.',
    remedy: 'Send it again, without pauses; the connection is closed.',
    with: (headers: Readonly<Record<string, string>> = {}) => ({ headers }),
  },
});
