import { shape, type Described } from '@plinth/http';

export const consentShape = shape.named(
  'Consent',
  shape.record({
    document: shape.text(),
    version: shape.text(),
    givenAt: shape.dateTime(),
    ip: shape.nullable(shape.text('The network address that it was given from; null where it was not known.')),
    required: shape.boolean('Whether the service can be had without it; false also for a document that is no longer asked for.'),
    current: shape.boolean('Whether this is the version that GET /v1/policies lists.'),
  }),
);
export type ConsentView = Described<typeof consentShape>;
