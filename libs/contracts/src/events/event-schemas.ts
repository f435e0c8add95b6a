import { Ajv, type ValidateFunction } from 'ajv';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { eventName, type EventDefinition } from './event-definition.js';

/** An old payload that its upcasters do not make a new one of: a defect of ours and not of the message. Quotes no value. */
export class UpcastFailed extends Error {
  constructor(event: string, reason: string) {
    super(`cannot upcast to ${event}: ${reason}`);
    this.name = 'UpcastFailed';
  }
}

/** A set of event definitions by type and version, each with its schema compiled at first use. */
export class EventSchemas {
  private readonly definitions: ReadonlyMap<string, EventDefinition>;
  private readonly validators = new Map<EventDefinition, ValidateFunction>();
  private readonly ajv = new Ajv({ formats: { uuid: fullFormats.uuid, 'date-time': fullFormats['date-time'] } });

  /** @throws Error where an upcaster does not begin at the registered version before its own, on the same topic: whoever reads the one must find the other */
  constructor(definitions: readonly EventDefinition[]) {
    this.definitions = new Map(definitions.map((event) => [eventName(event.type, event.version), event]));
    for (const { type, version, topic, upcaster } of definitions) {
      if (upcaster === undefined) continue;
      if (upcaster.from !== this.find(type, version - 1)) throw new Error(`${eventName(type, version)} must upcast from ${eventName(type, version - 1)}, as it is registered`);
      if (upcaster.from.topic !== topic) throw new Error(`${eventName(type, version)} must stay on ${upcaster.from.topic}`);
    }
  }

  /** The definition of this very version; undefined where it is not registered. */
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

  /** Whether upcasters lead from the one version to the other, step by step; from a version to itself they do. */
  canUpcast(type: string, from: number, to: number): boolean {
    for (let version = from + 1; version <= to; version += 1) {
      if (this.find(type, version)?.upcaster === undefined) return false;
    }
    return from <= to;
  }

  /**
   * The payload as a newer version has it. Every step is held against its version's schema.
   *
   * @param payload fits `definition`
   * @param version of the same type, not older
   * @throws UpcastFailed where a step is missing, throws, or makes what its schema refuses
   */
  upcast(definition: EventDefinition, payload: unknown, version: number): unknown {
    let upcast = payload;
    for (let step = definition.version + 1; step <= version; step += 1) {
      const name = eventName(definition.type, step);
      const next = this.find(definition.type, step);
      if (next?.upcaster === undefined) throw new UpcastFailed(name, 'there is no upcaster');
      try {
        upcast = next.upcaster.upcast(upcast);
      } catch (error) {
        // The text of the error may quote the payload.
        throw new UpcastFailed(name, `the upcaster threw ${error instanceof Error ? error.name : 'no error'}`);
      }
      const violations = this.violations(next, upcast);
      if (violations.length > 0) throw new UpcastFailed(name, violations.join(', '));
    }
    return upcast;
  }
}
