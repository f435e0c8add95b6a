import { shape } from '@plinth/http';

export const signedInShape = shape.named(
  'SignedIn',
  shape.record({
    accessToken: shape.text(),
    refreshToken: shape.text(),
    expiresIn: shape.integer('Seconds that the access token is good for.'),
    tokenType: shape.just('Bearer'),
  }),
);

/** RFC 7517; members of a key depend on its type (RFC 8037 for Ed25519). */
export const jwksShape = shape.named('Jwks', shape.record({ keys: shape.list(shape.anyObject()) }));
