/**
 * On every answer that leaves the gateway, whoever made it. The only document, the privacy
 * notice, loads and runs nothing, so a browser may load, run and frame nothing at all. A service's own values are replaced.
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
