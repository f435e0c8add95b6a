import { shape, type Described } from '@plinth/http';
import { outstandingConsentShape } from '../consents/consent-view.js';

const membership = shape.record({ tenantId: shape.uuid(), roles: shape.list(shape.text()) });

/** Who calls, and what it may do. */
export const callerShape = shape.named(
  'Caller',
  shape.record({
    type: shape.oneOf(['user', 'operator']),
    user: shape.record({ id: shape.uuid(), email: shape.text() }),
    sessionId: shape.uuid(),
    memberships: shape.list(membership),
    activeTenant: shape.nullable(shape.record({ id: shape.uuid(), roles: shape.list(shape.text()) })),
    capabilities: shape.list(shape.text()),
    outstandingConsents: shape.list(outstandingConsentShape, 'To be agreed to by POST /v1/auth/consents.'),
  }),
);
export type CallerView = Described<typeof callerShape>;

/** A session of the caller's, and whether it is the one that asks. */
export const sessionShape = shape.named(
  'Session',
  shape.record({
    id: shape.uuid(),
    current: shape.boolean(),
    createdAt: shape.dateTime(),
    refreshedAt: shape.nullable(shape.dateTime()),
    lastUsedAt: shape.dateTime('To a few minutes; of a session by tokens, when they were last renewed.'),
    expiresAt: shape.dateTime(),
    userAgent: shape.nullable(shape.text('How the browser or program that signed in named itself: what callers say, and nothing to trust.')),
    ip: shape.nullable(shape.text('The network address that the sign-in came from.')),
  }),
);
export type SessionView = Described<typeof sessionShape>;
