import { shape, type Described } from '@plinth/http';

export const signedInShape = shape.named(
  'SignedIn',
  shape.record({
    accessToken: shape.text(),
    refreshToken: shape.text(),
    expiresIn: shape.integer('Seconds that the access token is good for.'),
    tokenType: shape.just('Bearer'),
  }),
);

const csrfToken = shape.text('For X-CSRF-Token on every call that is not a GET.');

/** The session's cookie is in `Set-Cookie`. */
export const browserSignedInShape = shape.named('BrowserSignedIn', shape.record({ csrfToken, expiresAt: shape.dateTime('The session ends then unless it is used before.') }));
export type BrowserSignedIn = Described<typeof browserSignedInShape>;

export const csrfTokenShape = shape.named('CsrfToken', shape.record({ csrfToken }));

/** RFC 7517; members of a key depend on its type (RFC 8037 for Ed25519). */
export const jwksShape = shape.named('Jwks', shape.record({ keys: shape.list(shape.anyObject()) }));
