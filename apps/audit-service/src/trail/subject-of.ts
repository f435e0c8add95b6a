import { isJsonObject, type JsonValue } from './canonical-json.js';
import type { AuditContent } from './content.js';
import { parsePointer } from './json-pointer.js';

/** Whose a value is that belongs to nobody who is named. */
const nobody = 'nobody';

/**
 * Whose a personal value is, and so under whose key it stands: the address and the program are the actor's; what is in `before`
 * or `after` belongs to the innermost object around it that has an `id`, or else to the resource. It is told by what the leaf
 * commits to alone, so that nobody can move a value to a key that has been destroyed.
 *
 * @param pointer RFC 6901, of a personal value of the content
 */
export function subjectOf(pointer: string, visible: Pick<AuditContent, 'actor' | 'resource' | 'before' | 'after'>): string {
  const tokens = parsePointer(pointer);
  const [field] = tokens;
  if (field === 'before' || field === 'after') return idAround(visible[field], tokens.slice(1)) ?? visible.resource.id ?? visible.actor.id ?? nobody;
  if (field === 'reason') return visible.resource.id ?? visible.actor.id ?? nobody;
  return visible.actor.id ?? visible.resource.id ?? nobody;
}

/** The id of the innermost object on the way to a value, the value itself left out. */
function idAround(root: JsonValue, tokens: readonly string[]): string | undefined {
  let found: string | undefined;
  let node: JsonValue | undefined = root;
  for (const token of tokens) {
    if (isJsonObject(node)) {
      if (typeof node['id'] === 'string') found = node['id'];
      node = Object.hasOwn(node, token) ? node[token] : undefined;
    } else {
      node = Array.isArray(node) ? node[Number(token)] : undefined;
    }
  }
  return found;
}
