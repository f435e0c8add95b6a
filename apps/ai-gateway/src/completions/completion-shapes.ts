import { shape } from '@plinth/http';

/** What this service itself reads of a chat request; all else is OpenAI's (platform.openai.com/docs/api-reference/chat). */
export const chatRequestShape = shape.named(
  'ChatRequest',
  shape.openRecord({
    model: shape.text('One of GET /v1/models.'),
    messages: shape.optional(shape.list(shape.anyObject())),
    stream: shape.optional(shape.nullable(shape.boolean('Answer as server-sent events.'))),
    max_completion_tokens: shape.optional(shape.nullable(shape.integer('Of one answer; lowered to what the platform allows, and set where it is absent.'))),
    max_tokens: shape.optional(shape.nullable(shape.integer('As `max_completion_tokens`, by its older name.'))),
    n: shape.optional(shape.nullable(shape.integer('Answers, 1 to 128.'))),
    stream_options: shape.optional(shape.nullable(shape.openRecord({ include_usage: shape.optional(shape.boolean()) }))),
  }),
);

/** The provider's answer, as it came. */
export const chatCompletionShape = shape.named('ChatCompletion', shape.openRecord({ choices: shape.list(shape.anyObject()) }));
