import { isDeepStrictEqual } from 'node:util';
import { eventName, type EventDefinition } from './event-definition.js';
import { EventSchemas } from './event-schemas.js';

/** What `libs/contracts/golden/<type>.v<version>.json` holds: a payload as it was published, and what the newest version makes of it. */
export interface GoldenSample {
  readonly payload: unknown;
  /** Absent for the newest version. */
  readonly upcast?: unknown;
}

/**
 * Where an event's history cannot be read (ADR 0020): one line a fault. Every version needs a sample that fits its
 * schema, and every old one an unbroken chain of upcasters that makes of it what its sample says.
 *
 * @param samples by `<type>.v<version>`
 */
export function goldenFaults(samples: ReadonlyMap<string, GoldenSample>, definitions: readonly EventDefinition[]): readonly string[] {
  const schemas = new EventSchemas(definitions);
  const names = new Set(definitions.map(({ type, version }) => eventName(type, version)));
  const strays = [...samples.keys()].filter((name) => !names.has(name)).map((name) => `${name}: has a golden file and is not registered`);
  const newestOf = (type: string) => Math.max(...definitions.filter((one) => one.type === type).map(({ version }) => version));
  const faults = definitions.map((definition) => {
    const name = eventName(definition.type, definition.version);
    const fault = faultOf(schemas, definition, newestOf(definition.type), samples.get(name));
    return fault === null ? [] : [`${name}: ${fault}`];
  });
  return [...faults.flat(), ...strays];
}

function faultOf(schemas: EventSchemas, definition: EventDefinition, newest: number, sample: GoldenSample | undefined): string | null {
  if (sample === undefined) return 'has no golden file';
  const violations = schemas.violations(definition, sample.payload);
  if (violations.length > 0) return `its golden payload does not fit: ${violations.join(', ')}`;
  if (definition.version === newest) return sample.upcast === undefined ? null : 'is the newest, and its golden file says that it is upcast';
  try {
    const upcast = schemas.upcast(definition, structuredClone(sample.payload), newest);
    return isDeepStrictEqual(upcast, sample.upcast) ? null : `is upcast to something else than its golden file says`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
