import { createHash } from 'node:crypto';
import { httpErrors } from './http.errors.js';

/** The entity tag of a version number: strong, for one version has one representation. */
export function etagOf(version: number): string {
  return `"${version}"`;
}

/** The entity tag of what has no version: of the very bytes that are answered. */
export function contentTagOf(body: Uint8Array): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
}

/**
 * Holds a change to the version that the caller has seen (RFC 9110, section 13.1.1). The comparison is strong: a weak tag
 * is never the current one.
 *
 * @param ifMatch the header, or null where the caller did not send one
 * @throws Problem `precondition_failed` (412) where none of the tags is the current one
 */
export function requireMatch(ifMatch: string | null, version: number): void {
  requireTag(ifMatch, () => etagOf(version));
}

/** As `requireMatch`, for a change that overwrites what others wrote, so that nobody makes it unseen. @throws Problem `precondition_required` (428), `precondition_failed` (412) */
export function requireStatedMatch(ifMatch: string | null, version: number): void {
  if (ifMatch === null) throw httpErrors.preconditionRequired();
  requireMatch(ifMatch, version);
}

/** As `requireMatch`, for what has no version: the view that a read of it answers. @throws Problem `precondition_failed` (412) */
export function requireContentMatch(ifMatch: string | null, view: () => object): void {
  requireTag(ifMatch, () => contentTagOf(Buffer.from(JSON.stringify(view()))));
}

function requireTag(ifMatch: string | null, current: () => string): void {
  if (ifMatch === null) return;
  const tags = tagsIn(ifMatch);
  if (!tags.includes('*') && !tags.includes(current())) throw httpErrors.preconditionFailed();
}

/** Whether the caller has the current version already (RFC 9110, section 13.1.2). The comparison is weak. */
export function hasCurrent(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const opaque = (tag: string) => tag.replace(/^W\//, '');
  const tags = tagsIn(ifNoneMatch);
  return tags.includes('*') || tags.map(opaque).includes(opaque(etag));
}

function tagsIn(header: string): string[] {
  return header.split(',').map((tag) => tag.trim());
}
