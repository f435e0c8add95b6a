import type { ConfigField } from '@plinth/config';

/** A configuration class as `@plinth/config` makes it. */
interface ConfigClass {
  readonly fields: Readonly<Record<string, ConfigField<unknown>>>;
  new (values: Record<string, unknown>): object;
}

/** Texts of the forms that fields have; the addresses lead nowhere. All zeros are a valid Ed25519 seed, and nobody's. */
const samples: readonly string[] = [
  'postgres://nobody@127.0.0.1:1/nothing',
  ...['http', 'https', 'redis', 'smtp', 'amqp', 's3', 'ws'].map((scheme) => `${scheme}://127.0.0.1:1`),
  '1',
  'true',
  `seed.${'A'.repeat(43)}`,
  'A'.repeat(43),
  'nobody@plinth.example',
  'sample',
  'a sample of some length',
];

/** The configuration class that a module exports, if it exports one. */
export function configClassIn(exports: Readonly<Record<string, unknown>>): ConfigClass | undefined {
  return Object.values(exports).find((value): value is ConfigClass => typeof value === 'function' && 'fields' in value);
}

/**
 * An app's configuration without an environment: each field's fallback, or else the first sample that its own
 * parser takes. Good enough to build a module graph of, which connects to nothing.
 *
 * @throws Error that names the field for which no sample fits
 */
export function sampleConfig(Config: ConfigClass): object {
  const values = Object.entries(Config.fields).map(([name, field]) => [name, sampleOf(field)] as const);
  return new Config(Object.fromEntries(values));
}

function sampleOf({ variable, fallback, parse, collect }: ConfigField<unknown>): unknown {
  if (collect !== undefined) return collect({});
  if (fallback !== undefined) return fallback;
  for (const sample of samples) {
    try {
      return parse(sample);
    } catch {
      // The next one may fit.
    }
  }
  throw new Error(`no sample fits ${variable}: add one of its form to tools/audit/src/loading/sample-config.ts`);
}
