/** One configuration value: where it comes from, what it means, how it is read. */
export interface ConfigField<T> {
  /** The environment variable. A secret is also read from the file named by `<variable>_FILE`. */
  readonly variable: string;
  /** One line for `.env.example` and docs/configuration.md. */
  readonly description: string;
  /** What an absent variable means; without one the variable is required. */
  readonly fallback?: T;
  readonly secret?: boolean;
  /** Reads the text, or throws an Error that names what is expected and never the value. */
  readonly parse: (text: string) => T;
  /**
   * For a field of many variables, whose names are data: reads them from the whole environment, in place of `parse`. None of them is
   * required. Throws a ConfigError that lists all that is wrong.
   */
  readonly collect?: (environment: Readonly<Record<string, string | undefined>>) => T;
}

interface Options<T> {
  readonly description: string;
  readonly fallback?: T;
  readonly secret?: boolean;
}

function field<T>(variable: string, options: Options<T>, parse: (text: string) => T): ConfigField<T> {
  return { variable, ...options, parse };
}

/** As it stands, but trimmed; an empty variable counts as absent. */
export function text(variable: string, options: Options<string>): ConfigField<string> {
  return field(variable, options, (raw) => raw);
}

/** A whole decimal number from `min` to `max`, both included. */
export function integer(variable: string, options: Options<number> & { min: number; max: number }): ConfigField<number> {
  return field(variable, options, (raw) => {
    const value = Number(raw);
    if (!/^-?\d+$/.test(raw) || value < options.min || value > options.max) {
      throw new Error(`must be a whole number from ${options.min} to ${options.max}`);
    }
    return value;
  });
}

/** `true` or `false`; any other word is an error, for nobody can tell which was meant. */
export function flag(variable: string, options: Options<boolean>): ConfigField<boolean> {
  return field(variable, options, (raw) => {
    if (raw !== 'true' && raw !== 'false') throw new Error('must be true or false');
    return raw === 'true';
  });
}

/** One of `values`, letter for letter. */
export function choice<const T extends string>(
  variable: string,
  options: Options<T> & { values: readonly T[] },
): ConfigField<T> {
  return field(variable, options, (raw) => {
    const value = options.values.find((candidate) => candidate === raw);
    if (value === undefined) throw new Error(`must be one of ${options.values.join(', ')}`);
    return value;
  });
}

/** An absolute URL of one of the protocols, e.g. `['http:', 'https:']`. */
export function url(variable: string, options: Options<string> & { protocols: readonly string[] }): ConfigField<string> {
  return field(variable, options, (raw) => {
    const parsed = URL.canParse(raw) ? new URL(raw) : undefined;
    if (parsed === undefined || !options.protocols.includes(parsed.protocol)) {
      throw new Error(`must be a URL that begins with ${options.protocols.join(' or ')}`);
    }
    return raw.replace(/\/$/, '');
  });
}

/** Comma-separated, trimmed, empty parts dropped; an absent variable without a fallback is an error. */
export function list(variable: string, options: Options<readonly string[]>): ConfigField<readonly string[]> {
  return field(variable, options, (raw) =>
    raw
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );
}

/** Secrets for HMACs: comma-separated base64url, each of 32 bytes or more; the first is current, the others still verify. */
export function hmacSecrets(variable: string, options: { description: string }): ConfigField<readonly Buffer[]> {
  return field<readonly Buffer[]>(variable, { ...options, secret: true }, (raw) => {
    const secrets = raw.split(',').map((part) => Buffer.from(part.trim(), 'base64url'));
    if (secrets.some((secret) => secret.length < 32)) {
      throw new Error('must be one or more base64url values of at least 32 bytes, separated by commas');
    }
    return secrets;
  });
}

const KEY_ENTRY = /^(seed|pub)\.[A-Za-z0-9_-]{43}$/;

/**
 * Ed25519 keys: comma-separated `seed.<base64url of 32 bytes>` (signs) or `pub.<...>` (verifies only); the first is current.
 *
 * @param options.signs the current key must be a seed
 */
export function signingKeys(variable: string, options: { description: string; signs: boolean }): ConfigField<readonly string[]> {
  return field<readonly string[]>(variable, { description: options.description, secret: true }, (raw) => {
    const entries = raw.split(',').map((part) => part.trim());
    if (!entries.every((entry) => KEY_ENTRY.test(entry))) {
      throw new Error('must be Ed25519 keys as seed.<base64url> or pub.<base64url>, separated by commas');
    }
    if (options.signs && !entries[0]?.startsWith('seed.')) throw new Error('must begin with a seed: this service signs');
    return entries;
  });
}
