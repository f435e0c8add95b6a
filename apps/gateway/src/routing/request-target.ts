import { httpErrors } from '@plinth/http';

/** Longest request target, in characters. */
const MAX_LENGTH = 8_192;
/** Visible ASCII without `#`: looser than RFC 3986, for browsers leave `|` and its like in a query as they are. */
const ALLOWED = /^[!"$-~]*$/;
/** A backslash, or a slash that hides from the router and shows itself to whoever decodes. */
const HIDDEN_SEPARATOR = /\\|%(?:2f|5c)/i;
const DOT_SEGMENT = /(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i;
const ABSOLUTE = /^https?:\/\/[^/?]*/i;

export interface RequestTarget {
  readonly path: string;
  /** Path and query, as they are forwarded. */
  readonly pathAndQuery: string;
}

/**
 * Reads a request target. It goes on to the service byte for byte, so whatever two readers could
 * read differently is refused: dot segments, encoded separators, NUL, what is no UTF-8.
 *
 * @throws Problem `url_too_long` (414), `url_malformed` (400)
 */
export function readRequestTarget(url: string): RequestTarget {
  if (url.length > MAX_LENGTH) throw httpErrors.urlTooLong(`A URL has at most ${MAX_LENGTH} characters.`);
  // RFC 9112, section 3.2.2: a server takes the absolute form too.
  const pathAndQuery = url.startsWith('/') ? url : url.replace(ABSOLUTE, '');
  const queryAt = pathAndQuery.indexOf('?');
  const path = queryAt === -1 ? pathAndQuery : pathAndQuery.slice(0, queryAt);
  if (!path.startsWith('/') || !ALLOWED.test(pathAndQuery)) throw httpErrors.urlMalformed('The URL has a character that does not belong there.');
  if (DOT_SEGMENT.test(path)) throw httpErrors.urlMalformed('The path has a dot segment.');
  if (HIDDEN_SEPARATOR.test(path)) throw httpErrors.urlMalformed('The path has a backslash or an encoded slash.');
  if (pathAndQuery.includes('%')) refuseUndecodable(pathAndQuery);
  return { path, pathAndQuery };
}

function refuseUndecodable(text: string): void {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    throw httpErrors.urlMalformed();
  }
  if (decoded.includes('\0')) throw httpErrors.urlMalformed('The URL has a NUL character.');
}
