import { shape, type Described } from '@plinth/http';

const policyMembers = {
  document: shape.text(),
  version: shape.text(),
  title: shape.text(),
  required: shape.boolean('Whether there is no account without it.'),
  url: shape.text('Path of its page below the gateway’s URL.'),
  effectiveFrom: shape.dateTime(),
  graceEndsAt: shape.dateTime('From then on who has not agreed to it makes no changes.'),
  sha256: shape.text('Of the exact text, in hexadecimal; GET /v1/policy-texts/{sha256}.'),
};

/** A document that sign-up asks consent to, in the version that is in force. */
export const policyShape = shape.named('Policy', shape.record(policyMembers));
export type PolicyView = Described<typeof policyShape>;

export const policyVersionShape = shape.named('PolicyVersion', shape.record({ ...policyMembers, inForce: shape.boolean('Whether this is the version that GET /v1/policies lists.') }));
export type PolicyVersionView = Described<typeof policyVersionShape>;

/** The one document that the service makes itself, of the data map. Whoever changes what it says gives it a new version, by a migration. */
export const privacyDocument = { document: 'privacy', version: '2026-11', url: '/privacy' } as const;

/** A version as it is stored, with the hash of its newest text. */
export interface PolicyVersion {
  readonly document: string;
  readonly version: string;
  readonly title: string;
  readonly required: boolean;
  readonly effectiveFrom: Date;
  readonly graceEndsAt: Date;
  readonly inForce: boolean;
  /** Null for a privacy notice that nobody has agreed to yet. */
  readonly sha256: string | null;
}

/** The words of a version, as they were shown. */
export interface PolicyText {
  readonly document: string;
  readonly version: string;
  readonly sha256: string;
  readonly contentType: string;
  readonly text: string;
}

/** Where the page of a document is: the two that every product links to have a short path. */
export function policyUrl(document: string): string {
  return document === 'terms' || document === privacyDocument.document ? `/${document}` : `/policies/${document}`;
}
