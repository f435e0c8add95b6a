/**
 * On every answer that leaves the gateway, whoever made it. An API serves no document, so a browser
 * that is led to one may load and frame nothing. A service's own values are replaced.
 */
export const securityHeaders = {
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'cross-origin-resource-policy': 'same-origin',
} as const;
