import { dataKindNames, dataKinds, legalBases, servicesHolding, type DataKindDefinition, type Kept } from '@plinth/contracts';
import { shape, type Described } from '@plinth/http';
import { privacyDocument } from '../policies/policies.js';

const keptShape = shape.record({
  duration: shape.nullable(shape.text('ISO 8601, from what `text` names on; null where no time is fixed.')),
  text: shape.text('For people.'),
});

export const privacyNoticeShape = shape.named(
  'PrivacyNotice',
  shape.record({
    version: shape.text('Of the document `privacy` of GET /v1/policies.'),
    url: shape.text('The notice as a page, below the gateway’s URL.'),
    controller: shape.record({ name: shape.nullable(shape.text()), contact: shape.nullable(shape.text()) }),
    data: shape.list(
      shape.record({
        kind: shape.text(),
        title: shape.text(),
        of: shape.text('Whose data it is.'),
        what: shape.text(),
        why: shape.text(),
        basis: shape.oneOf(legalBases, 'GDPR, article 6 (1).'),
        kept: keptShape,
        where: shape.list(shape.text(), 'The services whose databases hold it.'),
      }),
    ),
    recipients: shape.list(shape.record({ who: shape.text(), what: shape.text(), why: shape.text() })),
    rights: shape.list(shape.record({ right: shape.text(), how: shape.text() })),
  }),
);
export type PrivacyNotice = Described<typeof privacyNoticeShape>;

const recipients: PrivacyNotice['recipients'] = [
  { who: 'The provider of the AI model that you call', what: 'What you send to the model', why: 'It answers. Providers are chosen by the operator of this installation.' },
  { who: 'The mail server of this installation', what: 'Your address and the mail', why: 'It delivers mail.' },
  { who: 'Administrators and auditors of your organisation', what: 'Memberships, invitations, API keys, the audit trail', why: 'They answer for what is done in the organisation.' },
];

const rights: PrivacyNotice['rights'] = [
  { right: 'To know what is stored of you, and to have a copy of it', how: 'POST /v1/auth/exports makes a signed archive; write to the contact for what it names as left out.' },
  { right: 'To have it corrected or deleted, or its use restricted', how: 'Write to the contact.' },
  { right: 'To object to what is done for legitimate interests', how: 'Write to the contact.' },
  { right: 'To withdraw a consent', how: 'POST /v1/auth/consents/{document}/withdraw, or write to the contact. What was done before stays lawful.' },
  { right: 'To complain', how: 'To the data protection authority of your country.' },
];

/**
 * What is stored of people, why, how long and where, as the data map has it (ADR 0042). The same for everybody: made once.
 *
 * @param controller who answers for it; empty where the operator has not said
 */
export function privacyNotice(controller: { readonly name: string; readonly contact: string }): PrivacyNotice {
  return {
    version: privacyDocument.version,
    url: privacyDocument.url,
    controller: { name: controller.name || null, contact: controller.contact || null },
    data: dataKindNames.map((kind) => {
      const { title, of, what, why, basis, kept }: DataKindDefinition = dataKinds[kind];
      return { kind, title, of, what, why, basis, kept: keptView(kept), where: servicesHolding(kind) };
    }),
    recipients,
    rights,
  };
}

const dayMs = 86_400_000;

function keptView(kept: Kept): PrivacyNotice['data'][number]['kept'] {
  if ('until' in kept) return { duration: null, text: `until ${kept.until}` };
  const days = Math.ceil(kept.ms / dayMs);
  return { duration: `P${days}D`, text: `${days === 1 ? 'a day' : `${days} days`} after ${kept.after}` };
}
