import { shape, type Described } from '@plinth/http';
import { policyUrl } from '../policies/policies.js';
import type { OutstandingConsent } from './consents.repository.js';

export const consentShape = shape.named(
  'Consent',
  shape.record({
    document: shape.text(),
    version: shape.text(),
    givenAt: shape.dateTime(),
    ip: shape.nullable(shape.text('The network address that it was given from; null where it was not known.')),
    required: shape.boolean('Whether the service can be had without it; false also for a document that is no longer asked for.'),
    current: shape.boolean('Whether this is the version that GET /v1/policies lists.'),
    textSha256: shape.nullable(shape.text('Of what was shown, in hexadecimal: GET /v1/policy-texts/{sha256}. Null for consents from before it was kept.')),
    withdrawnAt: shape.nullable(shape.dateTime('Null while it holds.')),
  }),
);
export type ConsentView = Described<typeof consentShape>;

export const outstandingConsentShape = shape.named(
  'OutstandingConsent',
  shape.record({
    document: shape.text(),
    version: shape.text(),
    title: shape.text(),
    url: shape.text('Path of its page below the gateway’s URL.'),
    dueAt: shape.dateTime('From then on calls that change something are refused with `consent_required`.'),
  }),
);
export type OutstandingConsentView = Described<typeof outstandingConsentShape>;

export function outstandingView({ document, version, title, dueAt }: OutstandingConsent): OutstandingConsentView {
  return { document, version, title, url: policyUrl(document), dueAt: dueAt.toISOString() };
}

export const withdrawalShape = shape.named(
  'ConsentWithdrawal',
  shape.record({ document: shape.text(), withdrawnAt: shape.dateTime(), consequence: shape.text('For people: what stops, and what does not.') }),
);
export type WithdrawalView = Described<typeof withdrawalShape>;
