import { configClass, idempotencySecrets, internalVerificationKeys, requireEmailVerification, serviceFields, signingKeys, url } from '@plinth/config';

/** What tenant-service is told from outside. */
export class TenantServiceConfig extends configClass({
  ...serviceFields,
  internalKeys: internalVerificationKeys,
  idempotencySecrets,
  requireEmailVerification,
  tokenKeys: signingKeys('TOKEN_SIGNING_KEYS', {
    description: 'Ed25519 keys of the access tokens; the first, a seed, signs, all are in the JWKS.',
    signs: true,
  }),
  issuer: url('PLINTH_ISSUER', {
    description: "Issuer of the access tokens: the gateway's public URL.",
    protocols: ['http:', 'https:'],
  }),
}) {}
