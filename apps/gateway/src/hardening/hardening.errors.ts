import { defineErrors } from '@plinth/kernel';

/** What is no request at all; the connection is closed after it. */
export const hardeningErrors = defineErrors({
  httpMalformed: {
    code: 'http_malformed',
    kind: 'malformed',
    detail: 'This is not a valid HTTP request.',
    remedy: 'Use an HTTP client that keeps to RFC 9112.',
  },
  headersTooLarge: {
    code: 'headers_too_large',
    kind: 'header_too_large',
    detail: 'The request has too many or too large headers.',
    remedy: 'Send at most 16 KiB of headers.',
  },
});
