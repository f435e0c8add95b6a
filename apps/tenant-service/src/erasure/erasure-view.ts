import { shape, type Described } from '@plinth/http';

export const requestedErasureShape = shape.named(
  'RequestedErasure',
  shape.record({
    id: shape.uuid(),
    state: shape.just('requested'),
    receipt: shape.text('By it alone the erasure is asked for afterwards: there is no account any more. In this answer alone.'),
  }),
);

export const erasureStates = ['requested', 'erased'] as const;

export const erasureShape = shape.named(
  'Erasure',
  shape.record({
    id: shape.uuid(),
    state: shape.oneOf(erasureStates, '`erased` as soon as nothing of the person can be read any more, but in the copies that the certificate names.'),
    requestedAt: shape.dateTime(),
    certificate: shape.nullable(shape.text('A JWS (RFC 7515) of the type `erasure-certificate+jwt`, signed by a key of `/.well-known/jwks.json`; null until the erasure is done.')),
  }),
);
export type ErasureView = Described<typeof erasureShape>;
