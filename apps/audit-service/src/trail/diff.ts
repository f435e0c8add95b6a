import { canonicalJson, isJsonObject, type JsonObject, type JsonValue } from './canonical-json.js';

/** What a change did, by the path of each value it touched. */
export interface Diff {
  readonly changed: Readonly<Record<string, { readonly before: JsonValue; readonly after: JsonValue }>>;
  readonly added: Readonly<Record<string, JsonValue>>;
  readonly removed: Readonly<Record<string, JsonValue>>;
}

/**
 * The difference of two objects; null counts as the empty object, so that a creation adds every member. Objects are
 * compared member by member, everything else (arrays too) as a whole. Paths: see `diffPath`.
 */
export function diffOf(before: JsonObject | null, after: JsonObject | null): Diff {
  const changed: [string, { before: JsonValue; after: JsonValue }][] = [];
  const added: [string, JsonValue][] = [];
  const removed: [string, JsonValue][] = [];
  const compare = (old: JsonObject, now: JsonObject, above: readonly string[]): void => {
    for (const key of Object.keys(old)) {
      const path = [...above, key];
      const was = old[key] as JsonValue;
      if (!Object.hasOwn(now, key)) {
        removed.push([diffPath(path), was]);
        continue;
      }
      const is = now[key] as JsonValue;
      if (isJsonObject(was) && isJsonObject(is)) compare(was, is, path);
      else if (canonicalJson(was) !== canonicalJson(is)) changed.push([diffPath(path), { before: was, after: is }]);
    }
    for (const key of Object.keys(now)) {
      if (!Object.hasOwn(old, key)) added.push([diffPath([...above, key]), now[key] as JsonValue]);
    }
  };
  compare(before ?? {}, after ?? {}, []);
  // fromEntries defines members instead of assigning them: a path called __proto__ is data like any other.
  return { changed: Object.fromEntries(changed), added: Object.fromEntries(added), removed: Object.fromEntries(removed) };
}

/** Member names joined by dots, as in `settings.theme`; a dot or a backslash within a name is written `\.` or `\\`. */
export function diffPath(names: readonly string[]): string {
  return names.map((name) => name.replaceAll(/[\\.]/g, String.raw`\$&`)).join('.');
}
