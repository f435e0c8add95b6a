import { credentialKinds, type CredentialKind } from '@plinth/contracts';
import { shape, type Described } from '@plinth/http';
import { credentialErrors } from './credentials.errors.js';

const dayMs = 86_400_000;
/** So long before its end its member is told. */
export const warnedBeforeMs = 30 * dayMs;

export const credentialStatuses = ['submitted', 'verified', 'rejected', 'withdrawn', 'expired'] as const;
export type CredentialStatus = (typeof credentialStatuses)[number];

/** What a member says to hold, and what their tenant made of it. Its number is sealed, and is not here. */
export interface Credential {
  readonly id: string;
  readonly tenantId: string;
  readonly accountId: string;
  readonly kind: CredentialKind;
  readonly issuer: string;
  /** Dates as ISO 8601 has them. */
  readonly issuedOn: string;
  readonly expiresOn: string;
  /** The end of the last day, UTC. */
  readonly expiresAt: Date;
  readonly status: CredentialStatus;
  readonly submittedAt: Date;
  readonly decidedAt: Date | null;
  readonly decidedBy: string | null;
  /** Of a rejection or a withdrawal. */
  readonly reason: string | null;
  /** When its member was told that it ends soon. */
  readonly warnedAt: Date | null;
  /** Counts the changes; the entity tag. */
  readonly version: number;
}

/** The moment from which a credential counts for nothing: its last day counts whole, in UTC. @param expiresOn a date */
export function endOf(expiresOn: string): Date {
  return new Date(Date.parse(`${expiresOn}T00:00:00.000Z`) + dayMs);
}

export interface NewCredential extends Pick<Credential, 'id' | 'tenantId' | 'accountId' | 'kind' | 'issuer' | 'issuedOn' | 'expiresOn'> {
  readonly now: Date;
}

/** @throws Problem `credential_dates_invalid` (422) where it is issued in the future, is over, or ends before it was issued */
export function submitted({ now, ...said }: NewCredential): Credential {
  const expiresAt = endOf(said.expiresOn);
  // Somewhere it is tomorrow already.
  if (said.issuedOn > said.expiresOn || Date.parse(said.issuedOn) > now.getTime() + dayMs || expiresAt <= now) throw credentialErrors.datesInvalid();
  return { ...said, expiresAt, status: 'submitted', submittedAt: now, decidedAt: null, decidedBy: null, reason: null, warnedAt: null, version: 1 };
}

/** @throws Problem `credential_own` (403), `credential_not_open` (409) where it waits no more, or is over by now */
export function verify(credential: Credential, by: string, now: Date): Credential {
  requireWaiting(credential, by);
  if (credential.expiresAt <= now) throw credentialErrors.notOpen();
  return { ...credential, status: 'verified', decidedAt: now, decidedBy: by, version: credential.version + 1 };
}

/** @throws Problem `credential_own` (403), `credential_not_open` (409) where it waits no more */
export function reject(credential: Credential, by: string, reason: string, now: Date): Credential {
  requireWaiting(credential, by);
  return { ...credential, status: 'rejected', decidedAt: now, decidedBy: by, reason, version: credential.version + 1 };
}

/** By its member, whenever it waits or counts; by who may verify, of another's that was verified. @throws Problem `credential_not_open` (409) */
export function withdraw(credential: Credential, by: string, reason: string | null, now: Date): Credential {
  const from: readonly CredentialStatus[] = by === credential.accountId ? ['submitted', 'verified'] : ['verified'];
  if (!from.includes(asOf(credential, now).status)) throw credentialErrors.notOpen();
  return { ...credential, status: 'withdrawn', decidedAt: now, decidedBy: by, reason, version: credential.version + 1 };
}

/** As it stands at that time: one that was verified has expired by the clock, whether a row says so or not. */
export function asOf(credential: Credential, now: Date): Credential {
  if (credential.status !== 'verified' || credential.expiresAt > now) return credential;
  return { ...credential, status: 'expired', version: credential.version + 1 };
}

/** That its member is told of its end. */
export function warned(credential: Credential, now: Date): Credential {
  return { ...credential, warnedAt: now, version: credential.version + 1 };
}

/** Whether its member is to be told now that it ends within 30 days. */
export function isToBeWarnedOf({ status, expiresAt, warnedAt }: Credential, now: Date): boolean {
  return status === 'verified' && warnedAt === null && expiresAt > now && expiresAt.getTime() - now.getTime() <= warnedBeforeMs;
}

function requireWaiting({ status, accountId }: Credential, by: string): void {
  if (by === accountId) throw credentialErrors.own();
  if (status !== 'submitted') throw credentialErrors.notOpen();
}

const members = {
  id: shape.uuid(),
  accountId: shape.uuid('Whose it is.'),
  kind: shape.oneOf(credentialKinds),
  issuer: shape.text(),
  issuedOn: shape.text('A date (ISO 8601).'),
  expiresOn: shape.text('The last day on which it counts.'),
  expiresAt: shape.dateTime('The end of that day, UTC: from then on it counts for nothing.'),
  status: shape.oneOf(credentialStatuses),
  submittedAt: shape.dateTime(),
  decidedAt: shape.nullable(shape.dateTime()),
  decidedBy: shape.nullable(shape.uuid('Who verified, rejected or withdrew it.')),
  reason: shape.nullable(shape.text('Of a rejection or a withdrawal.')),
};

/** In a list. */
export const credentialShape = shape.named('Credential', shape.record(members));
export type CredentialView = Described<typeof credentialShape>;

/** Alone: with its number, for its member and for who may look at it; each look of another stands in the trail. */
export const numberedCredentialShape = shape.named('NumberedCredential', shape.record({ ...members, number: shape.text() }));

export function credentialView(credential: Credential): CredentialView {
  const { id, accountId, kind, issuer, issuedOn, expiresOn, expiresAt, status, submittedAt, decidedAt, decidedBy, reason } = credential;
  return { id, accountId, kind, issuer, issuedOn, expiresOn, expiresAt: expiresAt.toISOString(), status, submittedAt: submittedAt.toISOString(), decidedAt: decidedAt?.toISOString() ?? null, decidedBy, reason };
}

/** What of it the audit trail holds before and after a change: neither its number nor who issued it. */
export function credentialRecord({ kind, issuedOn, expiresOn, status }: Credential): Readonly<Record<string, unknown>> {
  return { kind, issuedOn, expiresOn, status };
}
