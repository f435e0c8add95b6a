import type { Problem } from '@plinth/kernel';
import type { StreamedAnswer } from '@plinth/resilience';
import type { ChatRequest } from './chat-request.js';
import { completionErrors } from './completions.errors.js';
import { parseObject } from './stream-reader.js';

const maxErrorBytes = 65_536;
/** A provider's code or the name of a parameter; a sentence, a key or a host name is none. */
const plainWord = /^[a-z][a-z0-9_]{0,63}$/;
const parameterName = /^[A-Za-z0-9_.[\]]{1,100}$/;

/**
 * What the caller is told where the provider refused: its status in our words. Of the provider's body only
 * the code and the parameter pass, where they are plain: its message may quote its key or name its insides.
 */
export async function refusalOf(answer: StreamedAnswer, request: ChatRequest): Promise<Problem> {
  const { status, headers } = answer;
  const body = await answer.read(maxErrorBytes).catch(() => Buffer.alloc(0));
  const { code, param } = (parseObject(body.toString('utf8'))?.['error'] ?? {}) as Record<string, unknown>;
  const plainCode = typeof code === 'string' && plainWord.test(code) ? code : null;
  const plainParam = typeof param === 'string' && parameterName.test(param) ? param : null;
  switch (status) {
    case 400:
      return completionErrors.refusedMalformed(plainCode, plainParam);
    case 404:
      return completionErrors.modelNotFound(request.model);
    case 413:
      return completionErrors.refusedTooLarge(plainCode, plainParam);
    case 422:
      return completionErrors.refusedInvalid(plainCode, plainParam);
    case 429:
      return completionErrors.rateLimited(wholeSeconds(headers['retry-after']));
    default:
      // 401 and 403 are about our key, and nothing that the caller can mend.
      return completionErrors.providerFault(new Error(`the provider answered ${status}`));
  }
}

/** Only a number is passed on; a date is one provider's clock. */
function wholeSeconds(value: string | undefined): number | null {
  return value !== undefined && /^\d{1,6}(\.\d+)?$/.test(value) ? Math.ceil(Number(value)) : null;
}
