import { Ajv, type ValidateFunction } from 'ajv';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import type { EventDefinition } from './event-definition.js';

/** A set of event definitions by type and version, each with its schema compiled at first use. */
export class EventSchemas {
  private readonly definitions: ReadonlyMap<string, EventDefinition>;
  private readonly validators = new Map<EventDefinition, ValidateFunction>();
  private readonly ajv = new Ajv({ formats: { uuid: fullFormats.uuid, 'date-time': fullFormats['date-time'] } });

  constructor(definitions: readonly EventDefinition[]) {
    this.definitions = new Map(definitions.map((event) => [eventName(event.type, event.version), event]));
  }

  find(type: string, version: number): EventDefinition | undefined {
    return this.definitions.get(eventName(type, version));
  }

  /** Where the payload does not fit: pointers and rule names, never values. Empty where it fits. */
  violations(definition: EventDefinition, payload: unknown): readonly string[] {
    let validate = this.validators.get(definition);
    if (validate === undefined) {
      validate = this.ajv.compile(definition.schema);
      this.validators.set(definition, validate);
    }
    if (validate(payload)) return [];
    return (validate.errors ?? []).map((error) => `${error.instancePath || '/'} ${error.keyword}`);
  }
}

/** `<type>.v<version>`, as in CloudEvents' `type`. */
export function eventName(type: string, version: number): string {
  return `${type}.v${version}`;
}
