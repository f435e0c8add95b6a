import { defineErrors } from '@plinth/kernel';

/** In OFREP's words each has an `errorCode`, which its clients know. */
export const ofrepErrors = defineErrors({
  contextInvalid: {
    code: 'flag_context_invalid',
    kind: 'malformed',
    detail: 'The context is not one that flags can be evaluated for.',
    remedy: 'Send {"context": {"targetingKey": "..."}}, with a text of 1 to 1,000 characters, and whatever attributes there are beside it.',
    with: (detail: string) => ({ detail, members: { errorCode: 'INVALID_CONTEXT' } }),
  },
  flagNotFound: {
    code: 'flag_not_found',
    kind: 'not_found',
    detail: 'There is no such flag.',
    remedy: 'Check the key; clients use their own default.',
    with: () => ({ members: { errorCode: 'FLAG_NOT_FOUND' } }),
  },
});
