import { shape, type Described } from '@plinth/http';

/** A document that sign-up asks consent to. */
export const policyShape = shape.named(
  'Policy',
  shape.record({ document: shape.text(), version: shape.text(), required: shape.boolean(), url: shape.text('Path below the gateway’s URL.') }),
);
export type PolicyDocument = Described<typeof policyShape>;

/** Newest versions only; what someone consented to is kept with the consent. */
export const policies: readonly PolicyDocument[] = [
  { document: 'terms', version: '2026-11', required: true, url: '/terms' },
  { document: 'privacy', version: '2026-11', required: true, url: '/privacy' },
];
