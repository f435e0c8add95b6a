import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import type { ConfigField } from './field.js';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a field of any value type; `unknown` would not accept a parse of a narrower one
type Fields = Readonly<Record<string, ConfigField<any>>>;
export type ConfigValues<F extends Fields> = { readonly [K in keyof F]: F[K] extends ConfigField<infer T> ? T : never };
export type Environment = Readonly<Record<string, string | undefined>>;

/** Everything that is wrong with an environment, in one message that holds names and never values. */
export class ConfigError extends Error {
  declare readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration is not complete:\n${problems.map((problem) => `  - ${problem}`).join('\n')}\nSee .env.example and docs/configuration.md.`);
    this.name = 'ConfigError';
    // A start that fails prints the error: the list once, and no frames, for the fault is in no code.
    Object.defineProperty(this, 'problems', { value: problems, enumerable: false });
    this.stack = `${this.name}: ${this.message}`;
  }
}

/** What `configClass` makes: a class to extend, with the values as its properties. */
export interface ConfigClass<F extends Fields> {
  new (values: ConfigValues<F>): ConfigValues<F>;
  readonly fields: F;
  /** Reads every field. @throws ConfigError that lists all that is missing or malformed */
  fromEnvironment<C>(this: new (values: ConfigValues<F>) => C, environment: Environment): C;
}

/**
 * A configuration class out of its fields:
 *
 *     export class RelayConfig extends configClass({ port: integer('PORT', {...}) }) {}
 *
 * The class is the Nest token, its constructor takes plain values (tests), and only `main.ts` calls
 * `fromEnvironment(process.env)`. Whoever prints a configuration sees `[secret]` where one stands.
 */
export function configClass<F extends Fields>(fields: F): ConfigClass<F> {
  class Config {
    static readonly fields = fields;

    constructor(values: ConfigValues<F>) {
      Object.assign(this, values);
    }

    /** Collects every problem before it throws, so that all are mended at once. */
    static fromEnvironment(this: new (values: ConfigValues<F>) => unknown, environment: Environment): unknown {
      const values: Record<string, unknown> = {};
      const problems: string[] = [];
      for (const [name, field] of Object.entries(fields)) {
        try {
          values[name] = readField(field, environment);
        } catch (error) {
          if (error instanceof ConfigError) problems.push(...error.problems);
          else problems.push(`${field.variable} ${(error as Error).message}`);
        }
      }
      if (problems.length > 0) throw new ConfigError(problems);
      return new this(values as ConfigValues<F>);
    }

    /** What `JSON.stringify` and `inspect` show: every secret as `[secret]`. */
    toJSON(): Record<string, unknown> {
      return Object.fromEntries(Object.entries(this).map(([name, value]) => [name, fields[name]?.secret === true ? '[secret]' : value]));
    }

    /** For `console.log` and the like, which do not ask `toJSON`. */
    [inspect.custom](): Record<string, unknown> {
      return this.toJSON();
    }
  }
  return Config as unknown as ConfigClass<F>;
}

function readField(field: ConfigField<unknown>, environment: Environment): unknown {
  if (field.collect !== undefined) return field.collect(environment);
  const raw = rawValue(field, environment);
  if (raw !== undefined && raw !== '') return field.parse(raw);
  if (field.fallback === undefined) throw new Error(`is required: ${field.description}`);
  return field.fallback;
}

function rawValue(field: ConfigField<unknown>, environment: Environment): string | undefined {
  const file = field.secret === true ? environment[`${field.variable}_FILE`] : undefined;
  if (file === undefined || file === '') return environment[field.variable]?.trim();
  // Empty counts as unset, as everywhere: compose files and .env hand on what they do not know so.
  if ((environment[field.variable] ?? '') !== '') throw new Error(`and ${field.variable}_FILE are both set: keep one`);
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new Error(`cannot be read from the file that ${field.variable}_FILE names`);
  }
}
