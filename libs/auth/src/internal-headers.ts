/** The headers that carry the internal identity from one process of the suite to another. */
export const internalHeaders = {
  identity: 'x-plinth-identity',
  signature: 'x-plinth-signature',
  requestId: 'x-request-id',
  clientIp: 'x-plinth-client-ip',
  userAgent: 'x-plinth-user-agent',
} as const;

/**
 * Whether only the suite itself may set this header: the gateway drops it from what comes in, in
 * both directions.
 *
 * @param name in lower case
 */
export function isInternalHeader(name: string): boolean {
  return name.startsWith('x-plinth-') || name.startsWith('x-forwarded-') || name === 'forwarded';
}
