import { defineErrors } from '@plinth/kernel';

/** What is refused before a request is forwarded, since two readers could read it differently. */
export const proxyErrors = defineErrors({
  headerMalformed: {
    code: 'header_malformed',
    kind: 'malformed',
    detail: 'A header is not as HTTP has it.',
    remedy: 'Send one Host header, values in UTF-8, and no transfer coding but chunked.',
    with: (detail: string) => ({ detail }),
  },
  bodyUnexpected: {
    code: 'body_unexpected',
    kind: 'malformed',
    detail: 'A GET request has no body.',
    remedy: 'Leave the body out.',
  },
});
