export { activeTenant } from './access-conditions.js';
export { Access, ACCESS_METADATA, Public, ServicesOnly, SignedIn, type AccessCondition, type AccessRule } from './access.decorators.js';
export { AccessGrant } from './access-grant.js';
export { AccessGuard, canUseCapability, grantsHeld, holdsCapability } from './access.guard.js';
export { apiKeyPrefix, hashApiKey, newApiKey, parseApiKey, type ApiKeyParts } from './api-key-format.js';
export {
  accessTokenAudience,
  AccessTokenIssuer,
  accessTokenLifetimeSeconds,
  AccessTokenVerifier,
  type AccessTokenClaims,
  type TokenMembership,
} from './access-token.js';
export { authErrors } from './auth.errors.js';
export { CsrfTokens } from './csrf-tokens.js';
export { ExpiringCache } from './expiring-cache.js';
export { IdentityGuard } from './identity.guard.js';
export { internalHeaders, isInternalHeader } from './internal-headers.js';
export {
  InternalIdentityMinter,
  InternalIdentityVerifier,
  type IdentityHeaders,
  type IncomingCall,
  type InternalCall,
  type VerifiedCall,
} from './internal-identity.js';
export { JwksCache, type JwksCacheOptions } from './jwks-cache.js';
export { KeyRing, thumbprint, type JwksDocument, type PublicJwk, type SigningKey, type VerificationKeys } from './key-ring.js';
export { openDocument, signDocument } from './signed-document.js';
export { ServiceAuthModule, type ServiceAuthOptions } from './service-auth.module.js';
export { ServiceCalls } from './service-calls.js';
export { ServiceConnection, type ServiceConnectionOptions } from './service-connection.js';
export { hashSessionCookie, isSessionCookie, newSessionCookie, SessionCookie } from './session-cookie.js';
