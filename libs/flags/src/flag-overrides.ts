import { ConfigError, type ConfigField, type Environment } from '@plinth/config';
import type { FlagType, FlagValue } from './flag.js';
import { parseFlagValue } from './flag-value.js';

const prefix = 'FLAG_';
/** The one spelling of each key, so that no two variables speak of one flag. */
const variablePattern = /^FLAG_[A-Z0-9]+(_[A-Z0-9]+)*$/;

/** `new-dashboard` is `FLAG_NEW_DASHBOARD`. */
export function variableOfFlag(key: string): string {
  return `${prefix}${key.toUpperCase().replaceAll('-', '_')}`;
}

function keyOf(variable: string): string {
  return variable.slice(prefix.length).toLowerCase().replaceAll('_', '-');
}

/** The flags that the environment sets for everybody, as texts: of which type each is, the flag says. */
export class FlagOverrides {
  static readonly none = new FlagOverrides(new Map());

  private constructor(private readonly texts: ReadonlyMap<string, string>) {}

  /** @param texts by flag key, as the environment has them */
  static of(texts: Readonly<Record<string, string>>): FlagOverrides {
    return new FlagOverrides(new Map(Object.entries(texts)));
  }

  /** Of which flags it says something. */
  get keys(): readonly string[] {
    return [...this.texts.keys()];
  }

  /**
   * The value that the environment gives the flag; undefined where it gives none.
   *
   * @throws Error that names the variable and what is expected, never the value, where it is not of the type
   */
  find(key: string, type: FlagType): FlagValue | undefined {
    const text = this.texts.get(key);
    if (text === undefined) return undefined;
    try {
      return parseFlagValue(type, text);
    } catch (error) {
      throw new Error(`${variableOfFlag(key)} ${(error as Error).message}`, { cause: error });
    }
  }
}

/**
 * For a configuration class: all variables `FLAG_<KEY>`, an empty one as if it were absent.
 *
 * @param declared types of flags that the code names: their values are held against them at the start, and `{` of any other
 *   has to begin a JSON object
 */
export function flagOverrides(declared: Readonly<Record<string, FlagType>> = {}): ConfigField<FlagOverrides> {
  return {
    variable: 'FLAG_<KEY>',
    description: 'Sets a flag for everybody, whatever its rules say: FLAG_NEW_DASHBOARD=true is the flag new-dashboard; true or false, a number, a text, or a JSON object.',
    parse: () => FlagOverrides.none,
    collect: (environment) => collected(environment, declared),
  };
}

function collected(environment: Environment, declared: Readonly<Record<string, FlagType>>): FlagOverrides {
  const texts: Record<string, string> = {};
  const problems: string[] = [];
  for (const [variable, raw] of Object.entries(environment).filter(([name]) => name.startsWith(prefix))) {
    const text = raw?.trim() ?? '';
    if (text === '') continue;
    if (!variablePattern.test(variable)) problems.push(`${variable} must be ${prefix} and the flag's key in capitals, with _ for -`);
    else texts[keyOf(variable)] = text;
  }
  const overrides = FlagOverrides.of(texts);
  for (const key of overrides.keys) {
    const type = Object.hasOwn(declared, key) ? declared[key] : texts[key]?.startsWith('{') === true ? 'json' : undefined;
    if (type === undefined) continue;
    try {
      overrides.find(key, type);
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return overrides;
}
