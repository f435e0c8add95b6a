/** A document that sign-up asks consent to. */
export interface PolicyDocument {
  readonly document: string;
  readonly version: string;
  readonly required: boolean;
  /** Path below the gateway's URL. */
  readonly url: string;
}

/** Newest versions only; what someone consented to is kept with the consent. */
export const policies: readonly PolicyDocument[] = [
  { document: 'terms', version: '2026-11', required: true, url: '/terms' },
  { document: 'privacy', version: '2026-11', required: true, url: '/privacy' },
];
