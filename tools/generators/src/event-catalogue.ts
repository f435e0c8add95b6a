import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventFlows, eventName, events, type EventDefinition, type EventFlow, type GoldenSample } from '@plinth/contracts';

/** A registered event version with what the documents tell of it. */
export interface CataloguedEvent {
  readonly name: string;
  readonly definition: EventDefinition;
  readonly flow: EventFlow;
  /** The payload of its golden file. */
  readonly example: unknown;
}

/** @throws Error where an event has no golden file or nobody is said to produce it */
export function eventCatalogue(root: string): readonly CataloguedEvent[] {
  return events.map((definition) => {
    const name = eventName(definition.type, definition.version);
    const flow = eventFlows[definition.type];
    if (flow === undefined) throw new Error(`${name} is not among eventFlows`);
    const { payload } = JSON.parse(readFileSync(join(root, `libs/contracts/golden/${name}.json`), 'utf8')) as GoldenSample;
    return { name, definition, flow, example: payload };
  });
}
