import { httpErrors } from './http.errors.js';

interface MediaRange {
  readonly type: string;
  readonly quality: number;
}

/**
 * Holds a request to the types that its route can answer (RFC 9110, section 12.5.1): the most exact range that
 * covers a type decides about it. What takes everything, or says nothing, passes.
 *
 * @param contentTypes of the route, without parameters; none for an answer without a body
 * @throws Problem `not_acceptable` (406)
 */
export function requireAcceptable(accept: string | undefined, contentTypes: readonly string[]): void {
  if (accept === undefined || accept.trim() === '' || contentTypes.length === 0) return;
  const ranges = accept.split(',').map(readRange);
  if (!contentTypes.some((type) => qualityOf(type, ranges) > 0)) throw httpErrors.notAcceptable();
}

function readRange(text: string): MediaRange {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  return { type, quality: quality === undefined ? 1 : Number(quality) || 0 };
}

function qualityOf(type: string, ranges: readonly MediaRange[]): number {
  for (const name of [type, `${type.split('/')[0]}/*`, '*/*']) {
    const range = ranges.find((candidate) => candidate.type === name);
    if (range !== undefined) return range.quality;
  }
  return 0;
}
