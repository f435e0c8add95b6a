import { shape, type Described } from '@plinth/http';

/** OFREP 0.3.0, service/openapi.yaml of github.com/open-feature/protocol: `evaluationRequest`. */
export const evaluationRequestShape = shape.named(
  'FlagEvaluationRequest',
  shape.openRecord({ context: shape.openRecord({ targetingKey: shape.text('Who the user is, for lists and splits.') }) }),
);

/** `evaluationSuccess`. It has no word for a default that rules were asked for before: that is `UNKNOWN`, and its metadata say so. */
export const evaluationShape = shape.named(
  'FlagEvaluation',
  shape.openRecord({
    key: shape.text(),
    value: shape.anything('A boolean, a text, a number or an object, as the flag’s type is.'),
    reason: shape.oneOf(['STATIC', 'TARGETING_MATCH', 'SPLIT', 'DISABLED', 'UNKNOWN']),
    variant: shape.optional(shape.text('Absent where the environment sets the flag.')),
    metadata: shape.openRecord({
      version: shape.integer('Of the flag.'),
      reason: shape.text('OpenFeature’s reason, DEFAULT included.'),
      rule: shape.optional(shape.integer('The place of the rule that decided, from 0.')),
    }),
  }),
);
export type EvaluationView = Described<typeof evaluationShape>;

/** `evaluationFailure`, of one flag among others. */
const failureShape = shape.named('FlagEvaluationFailure', shape.openRecord({ key: shape.text(), errorCode: shape.just('GENERAL'), errorDetails: shape.text() }));
export type EvaluationFailureView = Described<typeof failureShape>;

/** `bulkEvaluationSuccess`. */
export const bulkEvaluationShape = shape.named(
  'FlagEvaluations',
  shape.openRecord({
    flags: { schema: { type: 'array', items: { anyOf: [evaluationShape.schema, failureShape.schema] } } },
  }),
);
