import { httpErrors } from './http.errors.js';

/** The entity tag of a version number: strong, for one version has one representation. */
export function etagOf(version: number): string {
  return `"${version}"`;
}

/**
 * Holds a change to the version that the caller has seen (RFC 9110, section 13.1.1).
 *
 * @param ifMatch the header, or null where the caller did not send one
 * @throws Problem `precondition_failed` (412) where none of the tags is the current one
 */
export function requireMatch(ifMatch: string | null, version: number): void {
  if (ifMatch === null) return;
  const tags = ifMatch.split(',').map((tag) => tag.trim());
  if (tags.includes('*') || tags.includes(etagOf(version))) return;
  throw httpErrors.preconditionFailed();
}
