import { defineEvent, field } from './event-definition.js';

/** Events of people carry ids and no personal data: topics outlive an erasure request. */
export interface UserRegisteredV1Payload {
  userId: string;
  tenantId: string;
}

export const UserRegisteredV1 = defineEvent<UserRegisteredV1Payload>()({
  type: 'user.registered',
  version: 1,
  topic: 'plinth.identity',
  aggregateType: 'user',
  description: 'A person signed up.',
  schema: field.record({ userId: field.uuid, tenantId: field.uuid }),
});

/** Something became of a person's account. */
export interface UserV1Payload {
  userId: string;
}

const user = field.record({ userId: field.uuid });

export const UserEmailVerifiedV1 = defineEvent<UserV1Payload>()({
  type: 'user.email_verified',
  version: 1,
  topic: 'plinth.identity',
  aggregateType: 'user',
  description: 'A person showed that the e-mail address of the account is theirs.',
  schema: user,
});

export const UserLockedV1 = defineEvent<UserV1Payload>()({
  type: 'user.locked',
  version: 1,
  topic: 'plinth.identity',
  aggregateType: 'user',
  description: 'So many sign-ins to an account failed that the next ones have to wait; whoever signed in from the same address before, does not.',
  schema: user,
});

export const PasswordResetV1 = defineEvent<UserV1Payload>()({
  type: 'password.reset',
  version: 1,
  topic: 'plinth.identity',
  aggregateType: 'user',
  description: 'A person chose a new password by a link that was sent by e-mail; all their sessions ended.',
  schema: user,
});

export const PasswordChangedV1 = defineEvent<UserV1Payload>()({
  type: 'password.changed',
  version: 1,
  topic: 'plinth.identity',
  aggregateType: 'user',
  description: 'A person who knew the password changed it; all their other sessions ended.',
  schema: user,
});

export const UserEmailChangedV1 = defineEvent<UserV1Payload>()({
  type: 'user.email_changed',
  version: 1,
  topic: 'plinth.identity',
  aggregateType: 'user',
  description: 'The account of a person has another e-mail address from now on.',
  schema: user,
});

export const UserSecondFactorEnabledV1 = defineEvent<UserV1Payload>()({
  type: 'user.second_factor_enabled',
  version: 1,
  topic: 'plinth.identity',
  aggregateType: 'user',
  description: 'Sign-ins of a person ask for a code from now on; all their other sessions ended.',
  schema: user,
});

export const UserSecondFactorDisabledV1 = defineEvent<UserV1Payload>()({
  type: 'user.second_factor_disabled',
  version: 1,
  topic: 'plinth.identity',
  aggregateType: 'user',
  description: 'Sign-ins of a person ask for the password alone from now on.',
  schema: user,
});

export const UserSecondFactorResetV1 = defineEvent<UserV1Payload>()({
  type: 'user.second_factor_reset',
  version: 1,
  topic: 'plinth.identity',
  aggregateType: 'user',
  description: 'An operator took away the second factor of a person who has lost it; all their sessions ended.',
  schema: user,
});

/** A person asked to be forgotten. */
export interface UserErasureRequestedV1Payload {
  userId: string;
  erasureId: string;
}

export const UserErasureRequestedV1 = defineEvent<UserErasureRequestedV1Payload>()({
  type: 'user.erasure_requested',
  version: 1,
  topic: 'plinth.identity',
  aggregateType: 'user',
  description: 'A person asked for the erasure of the account; it is closed from now on.',
  schema: field.record({ userId: field.uuid, erasureId: field.uuid }),
});

/** A person's account was erased. */
export interface UserErasedV1Payload {
  userId: string;
  erasureId: string;
  /** Ids under which the person stands in what others keep: the account's, and those of invitations that it has accepted. */
  subjects: string[];
}

export const UserErasedV1 = defineEvent<UserErasedV1Payload>()({
  type: 'user.erased',
  version: 1,
  topic: 'plinth.identity',
  aggregateType: 'user',
  description: 'The account of a person and what belonged to it is erased: whoever keeps something of the person makes it unreadable.',
  schema: field.record({
    userId: field.uuid,
    erasureId: field.uuid,
    subjects: field.described('Ids under which the person stands in what others keep.', { type: 'array', items: field.uuid }),
  }),
});

/** A session of a person began or ended. */
export interface UserSessionV1Payload {
  userId: string;
  sessionId: string;
}

const session = field.record({ userId: field.uuid, sessionId: field.uuid });

export const UserLoggedInV1 = defineEvent<UserSessionV1Payload>()({
  type: 'user.logged_in',
  version: 1,
  topic: 'plinth.identity',
  aggregateType: 'user',
  description: 'A person signed in: a session began.',
  schema: session,
});

export const UserLoggedOutV1 = defineEvent<UserSessionV1Payload>()({
  type: 'user.logged_out',
  version: 1,
  topic: 'plinth.identity',
  aggregateType: 'user',
  description: 'A person signed out: a session ended.',
  schema: session,
});

/** Why a session ended before its time. */
export type SessionRevokedReason = (typeof sessionRevokedReasons)[number];
const sessionRevokedReasons = ['revoked', 'refresh_token_reused'] as const;

/** A session ended before its time. */
export interface SessionRevokedV1Payload {
  userId: string;
  sessionId: string;
  reason: SessionRevokedReason;
}

export const SessionRevokedV1 = defineEvent<SessionRevokedV1Payload>()({
  type: 'session.revoked',
  version: 1,
  topic: 'plinth.identity',
  aggregateType: 'session',
  description: 'A session ended before its time: its person ended it, or its refresh token was used twice.',
  schema: field.record({ userId: field.uuid, sessionId: field.uuid, reason: { enum: [...sessionRevokedReasons] } }),
});
