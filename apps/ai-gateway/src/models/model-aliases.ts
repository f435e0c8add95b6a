/** The names of our own, with the provider's model that each stands for. */
export type ModelAliases = ReadonlyMap<string, string>;

/**
 * Reads `alias=model` entries.
 *
 * @throws Error that says what is expected, for an entry of another form or an alias that is there twice
 */
export function parseAliases(entries: readonly string[]): ModelAliases {
  const aliases = new Map<string, string>();
  for (const entry of entries) {
    const [, alias, model] = /^([^=\s]{1,200})=(\S{1,200})$/.exec(entry) ?? [];
    if (alias === undefined || model === undefined) throw new Error('must be alias=model entries, separated by commas');
    if (aliases.has(alias)) throw new Error('must not name an alias twice');
    aliases.set(alias, model);
  }
  return aliases;
}
