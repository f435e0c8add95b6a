import { httpErrors } from './http.errors.js';

/**
 * Refuses a path or query that does not decode to UTF-8 text without NUL.
 *
 * @throws Problem `url_malformed` (400)
 */
export function checkUrl(url: string): void {
  let decoded: string;
  try {
    decoded = decodeURIComponent(url);
  } catch {
    throw httpErrors.urlMalformed();
  }
  if (decoded.includes('\0')) throw httpErrors.urlMalformed('The path or the query has a NUL character.');
}
