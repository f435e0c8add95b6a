import { retention } from '../retention.js';
import { retentionClasses } from '../retention-classes.js';
import { topics } from '../topics.js';

/** Why the law allows it: GDPR, article 6 (1), in words. */
export const legalBases = ['contract', 'legal_obligation', 'legitimate_interests', 'consent'] as const;
export type LegalBasis = (typeof legalBases)[number];

/** How long: deleted so many milliseconds after something, by the purge or by Kafka; or as long as something else is there. */
export type Kept = { readonly ms: number; readonly after: string } | { readonly until: string };

/** One kind of personal data, as the privacy notice tells of it. */
export interface DataKindDefinition {
  readonly title: string;
  /** Whose it is. */
  readonly of: string;
  readonly what: string;
  readonly why: string;
  readonly basis: LegalBasis;
  readonly kept: Kept;
}

const accountHolders = 'People who have an account';
const untilAccountGoes: Kept = { until: 'the account is deleted' };
const untilTenantGoes: Kept = { until: 'the data of the organisation is deleted' };
const dayMs = 86_400_000;
const topicsKeptMs = Math.max(...topics.map(({ retentionMs }) => retentionMs));

/** Every kind that is there. A table's column is of one of these, or says nothing of a person (`data-map.ts`). */
export const dataKinds = {
  account: {
    title: 'Account',
    of: accountHolders,
    what: 'E-mail address, and when it was confirmed; a hash of the password, from which the password cannot be read; whether the account is active; when it was made and changed.',
    why: 'To let you sign in, and nobody else in your name.',
    basis: 'contract',
    kept: untilAccountGoes,
  },
  secondFactor: {
    title: 'Second factor',
    of: 'People who have set up an authenticator app',
    what: 'The secret that the app was given, encrypted; hashes of the recovery codes, and which of them were used.',
    why: 'To ask for a code beside the password, as you have chosen.',
    basis: 'contract',
    kept: { until: 'the second factor is given up' },
  },
  sessions: {
    title: 'Sessions',
    of: accountHolders,
    what: 'When you signed in, last used and ended a session, from which network address and by which program, as it names itself, and hashes of its tokens. A session lasts 90 days at most.',
    why: 'To keep you signed in, to show you where you are signed in so that you know what was not you, and to end all of them if a token is used twice.',
    basis: 'contract',
    // 90 days after the sign-in no token of it could be good, and that many days after its end it goes.
    kept: { ms: (90 + retentionClasses.ended_sessions.defaultDays) * dayMs, after: 'you signed in' },
  },
  consents: {
    title: 'Consents',
    of: accountHolders,
    what: 'Which document in which version you agreed to, when, and from which network address.',
    why: 'To be able to show that you agreed.',
    basis: 'legal_obligation',
    kept: { ms: retentionClasses.obsolete_consents.defaultDays * dayMs, after: 'you withdrew it or agreed to a newer version' },
  },
  memberships: {
    title: 'Memberships and roles',
    of: 'Members of an organisation, and platform operators',
    what: 'To which organisations you belong, with which roles, since when, and who gave the internal ones.',
    why: 'To decide what you may see and do.',
    basis: 'contract',
    kept: { until: 'the membership or the role ends' },
  },
  credentials: {
    title: 'Credentials',
    of: 'Members of an organisation who have submitted a licence or the like',
    what: 'Which licence you say to hold, its number (encrypted), who issued it, from when until when; who verified, rejected or withdrew it, when and why.',
    why: 'To let only those do what needs a licence who hold one, and to tell you before it ends.',
    basis: 'contract',
    kept: { until: 'the membership ends' },
  },
  invitations: {
    title: 'Invitations',
    of: 'People whom an organisation has invited',
    what: 'The e-mail address, the roles that were offered, who invited, and whether and by whom the invitation was accepted or withdrawn. We have the address from the organisation that invited you.',
    why: 'To let you join the organisation that asked you, and to let it see whom it has asked.',
    basis: 'legitimate_interests',
    kept: { ms: retentionClasses.ended_invitations.defaultDays * dayMs, after: 'it was accepted or withdrawn or has expired, unless the organisation has chosen another time' },
  },
  mail: {
    title: 'E-mail on its way',
    of: accountHolders,
    what: 'The address and the content of a mail, encrypted, until it is sent; then only what kind it was, when, and whether it was delivered to the mail server.',
    why: 'To confirm your address, to replace a forgotten password and to tell you of changes of your account.',
    basis: 'contract',
    kept: { ms: retention.mailMs, after: 'the mail was sent or given up' },
  },
  mailedLinks: {
    title: 'Links in e-mails',
    of: accountHolders,
    what: 'A hash of the secret in the link, the address that it was sent to, and when it was made and used.',
    why: 'To know you by the link, once.',
    basis: 'contract',
    kept: { ms: retention.mailMs, after: 'the link expired' },
  },
  signInAttempts: {
    title: 'Attempts to sign in',
    of: 'Whoever tries to sign in',
    what: 'How often a sign-in failed and when last, and that one went well before, under a keyed hash of the e-mail address and the network address. Counts of failures go a day after the last one.',
    why: 'To make whoever guesses passwords wait, without locking you out.',
    basis: 'legitimate_interests',
    kept: { ms: retention.knownAddressesMs, after: 'the last attempt' },
  },
  organisation: {
    title: 'Organisation',
    of: 'Contacts of an organisation',
    what: 'Name, contact address and billing data of the organisation, and its settings, as its administrators enter them. They are personal where the organisation is one person or names one.',
    why: 'To provide the service to the organisation and to bill it.',
    basis: 'contract',
    kept: untilTenantGoes,
  },
  apiKeys: {
    title: 'API keys',
    of: 'Members of an organisation',
    what: 'Who made a key, how it was named, what it may do and from which networks, when it was made, changed, last used and revoked, and a hash of its secret.',
    why: 'To let programs act for the member who made the key.',
    basis: 'contract',
    kept: { ms: retentionClasses.ended_api_keys.defaultDays * dayMs, after: 'the key has ended, unless the organisation has chosen another time' },
  },
  featureConditions: {
    title: 'Conditions of features',
    of: 'People whom a condition names',
    what: 'For whom a feature is on: organisations, tiers, shares of callers and what else an operator has chosen, ids of people among it where it names some.',
    why: 'To give a feature to some before all have it.',
    basis: 'legitimate_interests',
    kept: { until: 'the installation ends' },
  },
  auditTrail: {
    title: 'Audit trail',
    of: 'Everybody who changes something in an organisation',
    what: 'Who did what, when and to what, with the values before and after, the reason that was given, the network address and the program that was used. What is personal among it is encrypted under a key of your own, which is destroyed with your account.',
    why: 'So that an organisation can show who changed what, and so that misuse is found out. Its administrators and auditors read it.',
    basis: 'legitimate_interests',
    kept: untilTenantGoes,
  },
  erasures: {
    title: 'Erasures',
    of: 'People who have asked to be forgotten',
    what: 'An id that names nobody any more, when you asked and when it was done, how many records of which sort went, and a hash of the receipt that you were given.',
    why: 'To certify the erasure to you, and to keep what comes late from being stored after all.',
    basis: 'legal_obligation',
    kept: { until: 'the installation ends' },
  },
  modelUsage: {
    title: 'Use of AI models',
    of: 'Members of an organisation',
    what: 'Who called which model when, how many tokens it took, how long, and how it ended. Prompts and answers are not stored.',
    why: 'To count what an organisation uses, and to bill it.',
    basis: 'contract',
    kept: untilTenantGoes,
  },
  serviceUsage: {
    title: 'Use of the service',
    of: 'Members of an organisation',
    what: 'On which days you used the service in an organisation, and not what you did there. When your account is deleted, the day stays without you.',
    why: 'To tell an organisation how many of its members use what it pays for. It is told numbers alone.',
    basis: 'legitimate_interests',
    kept: { ms: retentionClasses.usage_people.defaultDays * dayMs, after: 'the day, unless the organisation has chosen another time' },
  },
  events: {
    title: 'Messages between services',
    of: 'Everybody who uses an organisation’s data or changes it',
    what: 'What was done and who was there, with ids of people; to the audit trail also the values before and after, the network address and the program that was used.',
    why: 'So that every part of the service learns what has happened, also after a failure.',
    basis: 'contract',
    kept: { ms: retention.publishedEventsMs + topicsKeptMs, after: 'the message was published' },
  },
  failedMessages: {
    title: 'Messages that could not be processed',
    of: 'Everybody who changes something in an organisation',
    what: 'The message as it was, and why it failed.',
    why: 'So that an operator can have it processed after all.',
    basis: 'legitimate_interests',
    kept: { ms: retention.deadLettersMs, after: 'the message failed' },
  },
  repeats: {
    title: 'Answers kept for repeats',
    of: 'Everybody who calls the service',
    what: 'The answer to a change, encrypted under the key that the caller chose for it.',
    why: 'So that a request that is sent twice has its effect once.',
    basis: 'contract',
    kept: { ms: retention.idempotencyRecordsMs, after: 'the request was answered' },
  },
  revocations: {
    title: 'Ended sessions and keys',
    of: accountHolders,
    what: 'The id of a session, a key, a member or an organisation whose access ended or changed, and when.',
    why: 'So that an end of access counts everywhere within a second.',
    basis: 'contract',
    kept: { ms: retention.revocationsMs, after: 'it was told' },
  },
  dataExports: {
    title: 'Copies of data',
    of: 'People who ask for a copy of their own data, or of their organisation’s',
    what: 'Who asked for a copy and when, and the copy itself, encrypted.',
    why: 'To give you the copy that you have asked for.',
    basis: 'legal_obligation',
    kept: { ms: retention.exportArchivesMs, after: 'the copy was made' },
  },
  legalHolds: {
    title: 'Legal holds',
    of: 'People whose data has to be kept, and those who decide so',
    what: 'Whose data is not to be deleted, who decided so, when and why, and who lifted it, when and why.',
    why: 'To keep what a claim or an authority asks for, and to show that it was kept.',
    basis: 'legal_obligation',
    kept: untilTenantGoes,
  },
  operatorDecisions: {
    title: 'Decisions of operators',
    of: 'Platform operators',
    what: 'Which operator decided what of a quota, a feature flag, a failed message or a held-up event, when and why.',
    why: 'To hold operators to account.',
    basis: 'legitimate_interests',
    kept: { until: 'the installation ends' },
  },
} as const satisfies Readonly<Record<string, DataKindDefinition>>;

export type DataKind = keyof typeof dataKinds;
export const dataKindNames = Object.keys(dataKinds) as readonly DataKind[];
