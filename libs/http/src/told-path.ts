import { looksSensitive } from '@plinth/logging';
import { isUuid } from '@plinth/kernel';

/** What routes, ids, names of jobs and versions are made of; an address, a key or a password mostly is not. */
const plain = /^(?:[a-z]+(?:[._-][a-z]+)*(?:\.json)?|v\d{1,3}|\d{1,9}|\.well-known)$/;

/**
 * A path as an answer may repeat it: each segment that could be something else than a name or an id stands as `~`.
 * Answers are kept and forwarded by whoever looks for a fault, and paths hold what a caller pasted there.
 */
export function toldPath(path: string): string {
  return path.split('/').map((segment) => (segment === '' || isUuid(segment) || (plain.test(segment) && !looksSensitive(segment)) ? segment : '~')).join('/');
}
