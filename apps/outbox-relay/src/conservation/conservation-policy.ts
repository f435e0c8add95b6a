import { declaredConsumers, type Consumer } from '@plinth/outbox';

/** Token of the policy, which tests change. */
export const CONSERVATION_POLICY = Symbol('plinth:conservation-policy');

export interface ConservationPolicy {
  /** How long after its end a minute is judged, in milliseconds: until then its events may be on their way. */
  readonly graceMs: number;
  readonly consumers: readonly Consumer[];
}

export const conservationPolicy: ConservationPolicy = { graceMs: 120_000, consumers: declaredConsumers() };
