import { Problem } from '@plinth/kernel';

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
    throw new Problem('url_malformed', 'malformed', 'The path or the query is not valid percent-encoded UTF-8.');
  }
  if (decoded.includes('\0')) throw new Problem('url_malformed', 'malformed', 'The path or the query has a NUL character.');
}
