import { isJsonObject, type JsonValue } from './canonical-json.js';

/** The text is not a JSON pointer, or does not lead to a value. */
export class PointerError extends Error {
  override readonly name = 'PointerError';
}

/**
 * Splits an RFC 6901 JSON pointer into its unescaped reference tokens.
 *
 * @throws PointerError when it does not begin with `/` or holds a `~` that is not `~0` or `~1`
 */
export function parsePointer(pointer: string): string[] {
  if (!pointer.startsWith('/')) throw new PointerError('A JSON pointer below the root begins with "/"');
  if (/~(?![01])/.test(pointer)) throw new PointerError('A JSON pointer writes "~" as "~0" and "/" as "~1"');
  return pointer.slice(1).split('/').map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The one spelling of a path; two pointers to the same place format alike. */
export function formatPointer(tokens: readonly string[]): string {
  return tokens.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The value that stands at the path; undefined where nothing does. Inherited members do not count. */
export function valueAt(root: JsonValue, tokens: readonly string[]): JsonValue | undefined {
  let node: JsonValue | undefined = root;
  for (const token of tokens) {
    if (Array.isArray(node)) node = /^(0|[1-9]\d{0,9})$/.test(token) ? node[Number(token)] : undefined;
    else if (isJsonObject(node) && Object.hasOwn(node, token)) node = node[token];
    else return undefined;
  }
  return node;
}

/**
 * A copy of `root` with another value at an existing path; what is not on the path is shared, not copied.
 *
 * @throws PointerError when the path leads nowhere
 */
export function replaceAt(root: JsonValue, tokens: readonly string[], value: JsonValue): JsonValue {
  const [token, ...rest] = tokens;
  if (token === undefined) return value;
  const child = valueAt(root, [token]);
  if (child === undefined) throw new PointerError('The path leads to no value');
  const replaced = replaceAt(child, rest, value);
  if (Array.isArray(root)) return root.with(Number(token), replaced);
  // fromEntries defines members instead of assigning them: a member called __proto__ stays data.
  return Object.fromEntries(Object.entries(root as object).map(([key, old]) => [key, key === token ? replaced : (old as JsonValue)]));
}
